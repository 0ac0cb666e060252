// Not filled in.
