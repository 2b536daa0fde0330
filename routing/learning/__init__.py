"""What routing learns from recorded outcomes: features, predictors, calibration and operating points."""
