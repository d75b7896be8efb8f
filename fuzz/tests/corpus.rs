//! Replays the corpora: what was found once is tried on every push.

use std::fs;
use std::path::Path;

use pontoon_fuzz::TARGETS;

/// How many changed inputs each target is tried with.
const MUTATIONS: usize = 1_000;

#[test]
fn every_corpus_passes() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut replayed = 0;
        for entry in entries {
            target(&fs::read(entry.unwrap().path()).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0, "{name} has an empty corpus");
    }
}

/// A little of what a fuzzer does, for machines that have none: corpus entries
/// with bytes changed, cut and doubled, the same ones every time.
#[test]
fn mutations_of_every_corpus_pass() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let entries: Vec<_> = fs::read_dir(folder).unwrap().collect();
        let each = MUTATIONS / entries.len();
        for entry in entries {
            let seed = fs::read(entry.unwrap().path()).unwrap();
            for _ in 0..each {
                target(&mutated(&seed, &mut state));
            }
        }
    }
}

fn mutated(seed: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=next(state) % 4 {
        let at = if bytes.is_empty() {
            0
        } else {
            next(state) % bytes.len()
        };
        match next(state) % 5 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(next(state) % 256).expect("it is below 256")),
            2 if !bytes.is_empty() => bytes[at] ^= 1 << (next(state) % 8),
            3 if !bytes.is_empty() => drop(bytes.remove(at)),
            _ => bytes.extend_from_within(at..),
        }
    }
    bytes
}

/// xorshift: chance that repeats.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).expect("31 bits fit")
}
