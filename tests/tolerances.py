"""Every tolerance of the tests, each with its reason."""

CACHED_VERSUS_UNCACHED = 1e-5
"""Absolute, on colours in 0..1: the same float32 sums in another order of batches."""

FLOAT32_PARITY = 1e-4
"""Absolute, against another implementation of the same float32 formula: a few hundred roundings of 6e-8, amplified
by the network's depth."""

HALF_PRECISION_COLOURS = 0.05
"""Absolute, on colours in 0..1 of a small random network: bfloat16 keeps 8 bits, 4e-3 of each product."""

OFFICIAL_SEGGPT = 1e-5
"""Absolute, on tokens and normalised colours of order 1: the official code's float32 sums in another order."""

OFFICIAL_SCORES = 1e-9
"""Absolute, on J and F in 0..1: the counts are equal, only the order of a mean's double-precision sum may differ."""

SUMMATION = 1e-12
"""Absolute, on the mean of at most a thousand doubles in 0..1, summed in another order."""

SOURCE_TIME_SECONDS = 1e-3
"""A written movie's picture is shown at its source's time within this: movie containers count in coarser time bases
than their sources."""

RESIZED_COLOUR = 1.001
"""Absolute, on 8-bit RGB: OpenCV resizes in fixed point, tensors are resized in float32; either rounds to a level."""

CODED_COLOUR = 4
"""Absolute, on 8-bit RGB of flat pictures: rounding to limited-range YUV and back, and coding loss at high quality."""

LOSSY_ALPHA = 16
"""Absolute, on 8-bit alpha coded by VP9 at high quality: single pixels of moving edges and of noise."""

LOSSY_ALPHA_MOSTLY = 4
"""The same for 99 of 100 pixels of edges."""

SHARED_TRAINING = 2e-4
"""Weights and losses after four steps on two processes against one. Sums of gradients are rounded in another order, and
AdamW divides them by their own size, so that a gradient near zero may turn round and move its weight by the rate, 1e-3,
spread over the averaged weights."""

HALF_PRECISION_LOSS = 0.02
"""Mean loss of ten steps near 0.5: bfloat16 keeps 8 bits of what lies between float32 weights and a float32 loss."""

PAINTED_LEVEL = 3.0
"""Absolute, on 8-bit RGB of frames painted by PyTorch and by OpenCV: OpenCV rounds every picture on the way to 8 bits,
and its places to 1/32 of a pixel."""

PAINTED_LABELS = 2e-3
"""Share of pixels whose label may differ between the two: edges that lie on a half within those roundings."""

RECORDED_LEVEL = 2.001
"""Absolute, on 8-bit RGB after colours, blur and resizing: one rounding each to 8 bits, and a blur in fixed point."""

CODED_SHARE = 0.25
"""Mean difference to libjpeg as a share of what libjpeg loses: its transforms are of integers, so that a coefficient on
the edge between two steps may fall on either side."""

CODED_GREY = 0.5
"""The mean difference in 8-bit levels where no colours are rounded on the way."""

ROUNDED_RATES = 0.01
"""Relative, on learning rates: for steps 4900 to 5200 of the shipped run the config's points are rounded ones."""
