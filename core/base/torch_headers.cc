// The translation unit that owns the precompiled LibTorch header; every library with tensors reuses it.
