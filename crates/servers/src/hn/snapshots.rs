//! What the front page was, so that it can be said what changed since.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use crate::moment::Moment;

/// Stories of the front page, in the sense of the page people see and a few more.
pub(super) const DEPTH: usize = 60;
/// Two snapshots are at least so far apart, in seconds.
const APART: i64 = 60;
/// Snapshots kept: two days of one a minute, at 480 bytes each.
const MOST: usize = 2880;

/// Front pages seen since the server started. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshots(Arc<Mutex<VecDeque<Snapshot>>>);

/// A front page as it was.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) at: Moment,
    pub(super) ids: Arc<[u64]>,
}

impl Snapshots {
    pub(super) fn keep_at(&self, at: Moment, ids: &[u64]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.back().is_some_and(|last| at.0 - last.at.0 < APART) {
            return;
        }
        if kept.len() == MOST {
            kept.pop_front();
        }
        let ids = ids[..ids.len().min(DEPTH)].into();
        kept.push_back(Snapshot { at, ids });
    }

    /// The last one that is not younger than `since`.
    pub(super) fn at(&self, since: Moment) -> Option<Snapshot> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().find(|snapshot| snapshot.at <= since).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_before_a_time_is_found() {
        let snapshots = Snapshots::default();
        for (at, id) in [(100, 1), (130, 2), (160, 3), (220, 4)] {
            snapshots.keep_at(Moment(at), &[id]);
        }
        assert!(snapshots.at(Moment(99)).is_none());
        for (since, id) in [(100, 1), (159, 1), (160, 3), (219, 3), (1000, 4)] {
            let found = snapshots.at(Moment(since)).expect("there are some");
            assert_eq!(found.ids[0], id, "since {since}");
        }
    }

    #[test]
    fn only_so_many_are_kept() {
        let snapshots = Snapshots::default();
        let page: Vec<u64> = (0..500).collect();
        for minute in 0..MOST as i64 + 5 {
            snapshots.keep_at(Moment(minute * APART), &page);
        }
        assert!(snapshots.at(Moment(5 * APART - 1)).is_none());
        let oldest = snapshots.at(Moment(5 * APART)).expect("there are some");
        assert_eq!((oldest.at, oldest.ids.len()), (Moment(5 * APART), DEPTH));
    }
}
