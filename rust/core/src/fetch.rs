//! Memory that is asked for before it is needed.

/// Asks for the cache line in which a value begins; nothing waits for it. Where the processor cannot be asked, nothing happens.
#[inline]
pub(crate) fn fetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(value);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
