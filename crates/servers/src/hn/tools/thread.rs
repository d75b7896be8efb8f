//! `hn_thread` and `hn_comments`: a discussion, the best first, within bounds.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Skipped, Sorted, item::NO_ITEM, missing_or};
use crate::{
    hn::{
        Hn,
        model::{Item, Shown},
    },
    toolbox::{Entry, Outcome, arguments, structured, within},
};

const MAX_DEPTH: usize = 10;
const MAX_COMMENTS: usize = 200;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Thread {
    /// The story's id, or that of a comment.
    id: u64,
    /// How many levels of replies; 0 is the item alone.
    #[serde(default = "three")]
    #[schemars(range(max = 10))]
    depth: usize,
    /// How many comments in all. Upper levels come first.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 200))]
    max_comments: usize,
}

fn three() -> usize {
    3
}

fn fifty() -> usize {
    50
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Comments {
    /// What is replied to: a story or a comment.
    id: u64,
    /// How many replies.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 200))]
    count: usize,
    /// How many of the best to leave out, for the next page.
    #[serde(default)]
    offset: usize,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::hn) struct Discussion {
    item: Shown,
    /// The tree in reading order: each comment is followed by its replies, the best first.
    comments: Vec<Comment>,
    /// There is more than `depth` and `max_comments` (or `count`) let through.
    truncated: bool,
    /// Comments that could not be read.
    skipped: Vec<Skipped>,
}

#[derive(Serialize, JsonSchema)]
struct Comment {
    /// 1 for replies to the item itself.
    depth: usize,
    /// How many direct replies it has, shown or not.
    replies: usize,
    /// It was written by the author of the item at the top.
    by_author: bool,
    comment: Shown,
}

pub(super) fn tool() -> Entry<Hn> {
    let description =
        "A discussion: an item and the tree of its comments in reading order, bounded in depth and number.";
    Entry::new::<Thread, Discussion>(("hn_thread", "Thread"), description, |server, given| {
        Box::pin(async move { thread(&server, arguments(given)?).await })
    })
}

pub(super) fn comments_tool() -> Entry<Hn> {
    let description = "The direct replies to a story or a comment, the best first, page by page.";
    Entry::new::<Comments, Discussion>(("hn_comments", "Comments"), description, |server, given| {
        Box::pin(async move { comments(&server, arguments(given)?).await })
    })
}

async fn thread(server: &Hn, thread: Thread) -> Outcome {
    within("depth", thread.depth, 0, MAX_DEPTH)?;
    within("max_comments", thread.max_comments, 1, MAX_COMMENTS)?;
    let bounds = Bounds {
        depth: thread.depth,
        comments: thread.max_comments,
        offset: 0,
    };
    Ok(structured(&discussion(server, thread.id, bounds).await?))
}

async fn comments(server: &Hn, comments: Comments) -> Outcome {
    within("count", comments.count, 1, MAX_COMMENTS)?;
    let bounds = Bounds {
        depth: 1,
        comments: comments.count,
        offset: comments.offset,
    };
    Ok(structured(&discussion(server, comments.id, bounds).await?))
}

/// How much of a discussion is wanted.
#[derive(Clone, Copy)]
pub(in crate::hn) struct Bounds {
    pub(in crate::hn) depth: usize,
    pub(in crate::hn) comments: usize,
    /// Of the first level.
    pub(in crate::hn) offset: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            depth: three(),
            comments: fifty(),
            offset: 0,
        }
    }
}

/// Reads a discussion level by level, so that a bound cuts the deepest replies first.
pub(in crate::hn) async fn discussion(server: &Hn, id: u64, bounds: Bounds) -> Result<Discussion, String> {
    let deadline = server.api.deadline();
    let read = server.api.before(deadline, server.api.item(id)).await;
    let top = read
        .map_err(|error| missing_or(&error, &format!("item {id}"), NO_ITEM))?
        .value;
    let mut tree = Tree::new(&top);
    let first = top.kids().iter().copied().skip(bounds.offset);
    let mut level: Vec<u64> = first.filter(|id| tree.is_new(*id)).collect();
    for _ in 0..bounds.depth {
        let room = bounds.comments - tree.comments.len();
        tree.truncated |= level.len() > room;
        level.truncate(room);
        if level.is_empty() {
            break;
        }
        let sorted = Sorted::new(server.api.items(&level, deadline).await);
        let sorted = match sorted {
            Ok(sorted) => sorted,
            // A level that fails as a whole ends the tree; what is above it is worth having.
            Err(_) if !tree.comments.is_empty() => {
                tree.truncated = true;
                level.clear();
                break;
            }
            Err(trouble) => return Err(trouble),
        };
        tree.skipped.extend(sorted.skipped);
        level = tree.grow(sorted.found);
    }
    tree.truncated |= !level.is_empty();
    Ok(tree.written(&top, bounds.offset))
}

/// Comments as they come, level by level.
struct Tree {
    comments: HashMap<u64, Arc<Item>>,
    /// An item could name one of its own ancestors.
    seen: HashSet<u64>,
    skipped: Vec<Skipped>,
    truncated: bool,
}

impl Tree {
    fn new(top: &Item) -> Self {
        Self {
            comments: HashMap::new(),
            seen: HashSet::from([top.id]),
            skipped: Vec::new(),
            truncated: false,
        }
    }

    fn is_new(&mut self, id: u64) -> bool {
        self.seen.insert(id)
    }

    /// Takes a level in; returns the ids of the next one.
    fn grow(&mut self, level: Vec<Arc<Item>>) -> Vec<u64> {
        let mut next = Vec::new();
        for comment in level {
            next.extend(comment.kids().iter().copied().filter(|id| self.seen.insert(*id)));
            self.comments.insert(comment.id, comment);
        }
        next
    }

    /// In reading order. A deleted comment is shown only where it has replies.
    fn written(mut self, top: &Item, offset: usize) -> Discussion {
        let mut comments = Vec::new();
        let mut open: Vec<(u64, usize)> = top.kids().iter().skip(offset).rev().map(|id| (*id, 1)).collect();
        while let Some((id, depth)) = open.pop() {
            let Some(comment) = self.comments.remove(&id) else {
                continue;
            };
            open.extend(comment.kids().iter().rev().map(|id| (*id, depth + 1)));
            if comment.is_shown() || !comment.kids().is_empty() {
                comments.push(Comment {
                    depth,
                    replies: comment.kids().len(),
                    by_author: comment.by.is_some() && comment.by == top.by,
                    comment: Shown::from(&*comment),
                });
            }
        }
        Discussion {
            item: Shown::from(top),
            comments,
            truncated: self.truncated,
            skipped: self.skipped,
        }
    }
}
