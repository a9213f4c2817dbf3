"""The whole program under load and harm, judged by a history that it does not write itself."""
