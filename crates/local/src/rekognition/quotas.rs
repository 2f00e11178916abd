//! The service's quotas. Each can be set, so that tests reach them.

macro_rules! quotas {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr),+ $(,)?) => {
        /// How much of everything there may be.
        #[derive(Clone, Debug)]
        pub struct Quotas { $($(#[$doc])* pub $name: $kind),+ }

        impl Default for Quotas {
            /// What AWS gives a new account.
            fn default() -> Self {
                Self { $($name: $default),+ }
            }
        }

        impl Quotas {
            /// The names by which [`Quotas::set`] knows them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            /// Sets a quota by its name. False when there is none of this name, or it can't be so large.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $(stringify!($name) => <$kind>::try_from(value).map(|value| self.$name = value).is_ok(),)+
                    _ => false,
                }
            }
        }
    };
}

quotas! {
    projects: u64 = 100,
    versions_per_project: u64 = 100,
    /// Trainings accepted at once; here they run one after the other.
    trainings: u64 = 2,
    running_models: u64 = 2,
    inference_units: u32 = 5,
    images_per_dataset: u64 = 250_000,
    labels_per_dataset: u64 = 250,
    /// Bytes of a manifest.
    manifest_bytes: u64 = 1 << 30,
    /// Characters of a manifest line.
    line_chars: usize = 100_000,
    boxes_per_image: usize = 50,
    tags_per_resource: usize = 200,
    /// How many AWS allows, no page says.
    policies_per_project: u64 = 20,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quota_is_set_by_its_name() {
        let mut quotas = Quotas::default();
        for name in Quotas::NAMES {
            assert!(quotas.set(name, 7), "{name}");
        }
        assert_eq!((quotas.projects, quotas.inference_units, quotas.policies_per_project), (7, 7, 7));
        assert!(!quotas.set("inference_units", u64::MAX) && !quotas.set("nothing", 1));
    }
}
