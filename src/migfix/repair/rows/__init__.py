"""What tables hold, and what that keeps from being made."""
