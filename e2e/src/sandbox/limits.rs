//! How many files and processes a cluster may have: whoever starts one may be held to less than it takes.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for any cluster of tests; what systems that run clusters give to their daemons.
const FILES: u64 = 1 << 20;

/// Raises the limits of this process, and with them those of what it starts, as far as it may.
pub(crate) fn raise() {
    for (resource, wanted) in [(Resource::Nofile, Some(FILES)), (Resource::Nproc, None)] {
        let now = getrlimit(resource);
        for limit in choices(&now, wanted) {
            if setrlimit(resource, limit).is_ok() {
                break;
            }
        }
    }
}

/// The best first: what is wanted, which takes root, then all that anybody may have.
fn choices(now: &Rlimit, wanted: Option<u64>) -> [Rlimit; 2] {
    let raised = match (now.maximum, wanted) {
        (Some(maximum), Some(wanted)) => Some(maximum.max(wanted)),
        _ => None,
    };
    [Rlimit { current: raised, maximum: raised }, Rlimit { current: now.maximum, maximum: now.maximum }]
}

#[cfg(test)]
mod tests {
    //! What is asked for, and what is had afterwards.

    use rustix::process::{Resource, Rlimit, getrlimit};

    use super::{FILES, choices, raise};

    #[track_caller]
    fn check(now: (Option<u64>, Option<u64>), wanted: Option<u64>, best: Option<u64>) {
        let now = Rlimit { current: now.0, maximum: now.1 };
        let [first, second] = choices(&now, wanted);
        assert_eq!((first.current, first.maximum), (best, best));
        assert_eq!((second.current, second.maximum), (now.maximum, now.maximum));
    }

    #[test]
    fn a_limit_is_raised_and_never_lowered() {
        check((Some(1024), Some(4096)), Some(FILES), Some(FILES));
        check((Some(1024), Some(FILES * 2)), Some(FILES), Some(FILES * 2));
        check((Some(1024), None), Some(FILES), None);
        check((Some(100), Some(200)), None, None);
    }

    #[test]
    fn afterwards_nothing_is_left_to_raise() {
        raise();
        for resource in [Resource::Nofile, Resource::Nproc] {
            let limit = getrlimit(resource);
            assert_eq!(limit.current, limit.maximum, "{resource:?}");
        }
    }
}
