"""The main job on real data: flights out of New York in 2013, from CSV to a trained model."""
