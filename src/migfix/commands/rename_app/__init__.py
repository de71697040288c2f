"""Give the migrations of an app that was renamed its new label."""
