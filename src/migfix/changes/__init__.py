"""What an operation changes for the rows that are there, taken apart."""
