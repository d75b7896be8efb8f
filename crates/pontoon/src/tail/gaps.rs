//! Gaps in ids that count.

/// What the ids of two events, one after the other, tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: the next number, or ids that do not count.
    Next,
    /// So many numbers between them are missing.
    Missing(u64),
    /// The second is not after the first.
    Back,
}

/// Compares two ids. Those that end in a number count, if what is before it is the same.
pub(super) fn step(before: &str, after: &str) -> Step {
    let (Some((before_start, before)), Some((after_start, after))) = (split(before), split(after)) else {
        return Step::Next;
    };
    if before_start != after_start {
        return Step::Next;
    }
    match after.checked_sub(before) {
        None | Some(0) => Step::Back,
        Some(1) => Step::Next,
        Some(distance) => Step::Missing(distance - 1),
    }
}

fn split(id: &str) -> Option<(&str, u64)> {
    let start = id.trim_end_matches(|character: char| character.is_ascii_digit());
    let number = id[start.len()..].parse().ok()?;
    Some((start, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_where_they_end_in_a_number() {
        for (before, after, expected) in [
            ("1", "2", Step::Next),
            ("1", "5", Step::Missing(3)),
            ("5", "1", Step::Back),
            ("5", "5", Step::Back),
            ("a-9", "a-10", Step::Next),
            ("a-9", "a-12", Step::Missing(2)),
            ("a-9", "b-12", Step::Next),
            ("a", "b", Step::Next),
            ("", "7", Step::Next),
            ("1", "99999999999999999999", Step::Next),
            ("é1", "é3", Step::Missing(1)),
        ] {
            assert_eq!(step(before, after), expected, "{before} {after}");
        }
    }
}
