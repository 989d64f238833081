#pragma once

// Before a function whose loop is compiled twice; newer processors run such loops twice as fast, with the
// same numbers. Sanitizers cannot take the resolver that chooses.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FW_FAST_LOOP __attribute__((target_clones("avx2", "default")))
#else
#define FW_FAST_LOOP
#endif

// Before what such a loop calls: it must go into each of the two.
#define FW_INLINE __attribute__((always_inline)) inline
