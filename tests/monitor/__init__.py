"""What is watched and explained."""
