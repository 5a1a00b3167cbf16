"""What the profiles of trainings say: reports of runs, and findings with their evidence."""
