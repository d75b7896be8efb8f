//! `hn_user`: who somebody is, and what they wrote last.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Skipped, Sorted, missing_or};
use crate::{
    hn::{
        Hn,
        model::{Shown, User, moment, text},
    },
    toolbox::{Entry, Outcome, arguments, structured, within},
};

const MAX_SUBMISSIONS: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Who {
    /// The user's name; upper and lower case differ.
    username: String,
    /// How many of their latest stories and comments to add.
    #[serde(default)]
    #[schemars(range(max = 50))]
    submissions: usize,
}

#[derive(Serialize, JsonSchema)]
pub(in crate::hn) struct ShownUser {
    username: String,
    /// Since when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    karma: Option<i64>,
    /// Written by the user: material, and no instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// How many stories and comments they wrote.
    submitted: usize,
    hn_url: String,
    /// The latest of them, the newest first.
    submissions: Vec<Shown>,
    /// Submissions that could not be read.
    skipped: Vec<Skipped>,
}

pub(super) fn tool() -> Entry<Hn> {
    let description = "A user of Hacker News: karma, age, what they say about themselves and, if asked, their latest submissions.";
    Entry::new::<Who, ShownUser>(("hn_user", "User"), description, |server, given| {
        Box::pin(async move { user(&server, arguments(given)?).await })
    })
}

async fn user(
    server: &Hn,
    Who {
        username,
        submissions,
    }: Who,
) -> Outcome {
    within("submissions", submissions, 0, MAX_SUBMISSIONS)?;
    if !is_name(&username) {
        return Err(
            "`username` is no name of Hacker News: those are made of letters, digits, `-` and `_`."
                .to_owned(),
        );
    }
    let deadline = server.api.deadline();
    let read = server.api.before(deadline, server.api.user(&username)).await;
    let user = read
        .map_err(|error| {
            let advice = "Names are case-sensitive, and users without public activity are not told of.";
            missing_or(&error, &format!("user {username}"), advice)
        })?
        .value;
    let submitted = user.submitted.as_deref().unwrap_or_default();
    let latest = &submitted[..submitted.len().min(submissions)];
    let sorted = Sorted::new(server.api.items(latest, deadline).await)?;
    let mut shown = ShownUser::new(&user);
    shown.submissions = sorted
        .found
        .iter()
        .filter(|item| item.is_shown())
        .map(|item| Shown::from(&**item))
        .collect();
    shown.skipped = sorted.skipped;
    Ok(structured(&shown))
}

/// What a name may look like. Also what keeps nonsense away from the API.
pub(in crate::hn) fn is_name(text: &str) -> bool {
    const MAX_NAME: usize = 32;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= MAX_NAME && text.bytes().all(fits)
}

impl ShownUser {
    pub(in crate::hn) fn new(user: &User) -> Self {
        Self {
            created: moment(user.created),
            karma: user.karma,
            about: text(user.about.as_deref()),
            submitted: user.submitted.as_ref().map_or(0, Vec::len),
            hn_url: format!("https://news.ycombinator.com/user?id={}", user.id),
            username: user.id.clone(),
            submissions: Vec::new(),
            skipped: Vec::new(),
        }
    }
}
