"""The fault campaign: everything that kills, freezes, cuts off or starves a queue, one case at a time, each judged by its history."""
