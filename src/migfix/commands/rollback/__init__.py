"""Take a database back to an older version, from a checkout of the newer one."""
