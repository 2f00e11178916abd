//! Vectors of f32 of the widths that x86 CPUs have, chosen when the program runs.
//!
//! The inner loops are written once, generic over [`Lanes`], and compiled once for each instruction set inside a function
//! with `#[target_feature]` (macro [`for_isa`]). Fused multiply-add in the same order gives the same bits with AVX2 and AVX-512.
#![allow(unsafe_code)]

use std::sync::OnceLock;

/// An instruction set to run the inner loops with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    /// 16 lanes, fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 8 lanes, fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 4 lanes that any CPU has, without fused multiply-add.
    Plain,
}

impl Isa {
    /// The best one that this CPU has.
    pub(crate) fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Self::all()[0])
    }

    /// All that this CPU has, best first; never empty.
    pub(crate) fn all() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
            {
                found.push(Self::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(Self::Avx2);
            }
        }
        found.push(Self::Plain);
        found
    }
}

/// A vector of `N` f32.
///
/// # Safety
/// Every method may only run where the CPU has the implementing type's instruction set, so they are called from
/// functions with that `#[target_feature]` alone. `load` and `store` need `N` readable or writable f32 at the pointer.
pub(crate) trait Lanes: Copy {
    const N: usize;
    unsafe fn splat(v: f32) -> Self;
    unsafe fn load(p: *const f32) -> Self;
    unsafe fn store(self, p: *mut f32);
    /// `self + a * b`
    unsafe fn fma(self, a: Self, b: Self) -> Self;
    unsafe fn add(self, o: Self) -> Self;
    unsafe fn clamp(self, low: Self, high: Self) -> Self;
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Lanes;
    use std::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub(crate) struct V16(__m512);
    #[derive(Clone, Copy)]
    pub(crate) struct V8(__m256);

    macro_rules! lanes {
        ($name:ident, $n:literal, $set:ident, $load:ident, $store:ident, $fma:ident, $add:ident, $min:ident, $max:ident) => {
            impl Lanes for $name {
                const N: usize = $n;
                #[inline(always)]
                unsafe fn splat(v: f32) -> Self {
                    Self(unsafe { $set(v) })
                }
                #[inline(always)]
                unsafe fn load(p: *const f32) -> Self {
                    Self(unsafe { $load(p) })
                }
                #[inline(always)]
                unsafe fn store(self, p: *mut f32) {
                    unsafe { $store(p, self.0) }
                }
                #[inline(always)]
                unsafe fn fma(self, a: Self, b: Self) -> Self {
                    Self(unsafe { $fma(a.0, b.0, self.0) })
                }
                #[inline(always)]
                unsafe fn add(self, o: Self) -> Self {
                    Self(unsafe { $add(self.0, o.0) })
                }
                #[inline(always)]
                unsafe fn clamp(self, low: Self, high: Self) -> Self {
                    Self(unsafe { $min($max(self.0, low.0), high.0) })
                }
            }
        };
    }
    lanes!(
        V16,
        16,
        _mm512_set1_ps,
        _mm512_loadu_ps,
        _mm512_storeu_ps,
        _mm512_fmadd_ps,
        _mm512_add_ps,
        _mm512_min_ps,
        _mm512_max_ps
    );
    lanes!(
        V8,
        8,
        _mm256_set1_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_fmadd_ps,
        _mm256_add_ps,
        _mm256_min_ps,
        _mm256_max_ps
    );
}
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{V8, V16};

/// Four lanes in plain Rust; the compiler makes SSE2 or NEON of it.
#[derive(Clone, Copy)]
pub(crate) struct V4([f32; 4]);

impl Lanes for V4 {
    const N: usize = 4;
    #[inline(always)]
    unsafe fn splat(v: f32) -> Self {
        Self([v; 4])
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        Self(unsafe { p.cast::<[f32; 4]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        unsafe { p.cast::<[f32; 4]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn fma(self, a: Self, b: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + a.0[i] * b.0[i]))
    }
    #[inline(always)]
    unsafe fn add(self, o: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + o.0[i]))
    }
    #[inline(always)]
    unsafe fn clamp(self, low: Self, high: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i].max(low.0[i]).min(high.0[i])))
    }
}

/// Makes `fn $name(isa, args)` that runs `$body::<lanes, ROWS>(args)` compiled for that instruction set. `$rows*`: how many
/// rows of vectors the set's registers hold.
macro_rules! for_isa {
    ($(#[$doc:meta])* $name:ident => $body:ident($($arg:ident : $ty:ty),*); $r16:literal, $r8:literal, $r4:literal) => {
        $(#[$doc])*
        unsafe fn $name(isa: $crate::net::lanes::Isa, $($arg: $ty),*) {
            use $crate::net::lanes::{Isa, V4};
            #[cfg(target_arch = "x86_64")]
            use $crate::net::lanes::{V8, V16};
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx2,fma")]
            unsafe fn avx512($($arg: $ty),*) {
                unsafe { $body::<V16, $r16>($($arg),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2($($arg: $ty),*) {
                unsafe { $body::<V8, $r8>($($arg),*) }
            }
            match isa {
                // SAFETY: an `Isa` comes from `Isa::all`, which asked the CPU.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => unsafe { avx512($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => unsafe { avx2($($arg),*) },
                Isa::Plain => unsafe { $body::<V4, $r4>($($arg),*) },
            }
        }
    };
}
pub(crate) use for_isa;
