//! A listener that remembers.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use pontoon_jsonrpc::{Id, Message, Outcome};
use pontoon_upstream::{Closed, Failure, Listener};
use tokio::sync::Notify;

/// Long enough for a busy machine, short enough to notice a hang.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) enum News {
    /// With the request in whose answer it came, if that was said.
    Message(Message, Option<Id>),
    Failed(Id, Failure),
    Returned(Id, Bytes),
    Closed(Closed),
}

/// Everything that it was told, in order.
#[derive(Default)]
pub(crate) struct Heard {
    news: Mutex<Vec<News>>,
    rung: Notify,
}

impl Heard {
    pub(crate) fn look<T>(&self, look: impl FnOnce(&[News]) -> T) -> T {
        look(&self.news.lock().expect("no test panics here"))
    }

    /// Waits until `look` finds something.
    async fn find<T>(&self, what: &str, look: impl Fn(&News) -> Option<T>) -> T {
        let found = async {
            loop {
                let rung = self.rung.notified();
                if let Some(found) = self.look(|news| news.iter().find_map(&look)) {
                    return found;
                }
                rung.await;
            }
        };
        match tokio::time::timeout(LIMIT, found).await {
            Ok(found) => found,
            Err(_) => panic!("{what} did not come; heard: {:?}", self.news),
        }
    }

    pub(crate) async fn answer(&self, wanted: i64) -> Outcome {
        let wanted = Some(Id::from(wanted));
        self.find("an answer", |news| match news {
            News::Message(Message::Response(response), _) if response.id == wanted => {
                Some(response.outcome.clone())
            }
            _ => None,
        })
        .await
    }

    /// The result of a request, as text.
    pub(crate) async fn result(&self, id: i64) -> String {
        match self.answer(id).await {
            Outcome::Result(result) => result.as_str().to_owned(),
            Outcome::Error(error) => panic!("{error:?}"),
        }
    }

    /// The code of an error.
    pub(crate) async fn error(&self, id: i64) -> i64 {
        match self.answer(id).await {
            Outcome::Error(error) => error.code,
            Outcome::Result(result) => panic!("{result:?}"),
        }
    }

    pub(crate) async fn failure(&self, wanted: i64) -> Failure {
        let wanted = Id::from(wanted);
        self.find("a failure", |news| match news {
            News::Failed(id, failure) if *id == wanted => Some(failure.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until a request comes back, as it was.
    pub(crate) async fn returned(&self, wanted: i64) -> Bytes {
        let wanted = Id::from(wanted);
        self.find("a request's return", |news| match news {
            News::Returned(id, message) if *id == wanted => Some(message.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for a notification or request, and says in whose answer it came.
    pub(crate) async fn within(&self, wanted: &str) -> Option<Id> {
        self.find(wanted, |news| match news {
            News::Message(message, within) if message.method().is_some_and(|method| **method == *wanted) => {
                Some(within.clone())
            }
            _ => None,
        })
        .await
    }

    /// Waits for a notification or request.
    pub(crate) async fn method(&self, wanted: &str) {
        self.find(wanted, |news| match news {
            News::Message(Message::Notification(notification), _) => {
                (*notification.method == *wanted).then_some(())
            }
            News::Message(Message::Request(request), _) => (*request.method == *wanted).then_some(()),
            _ => None,
        })
        .await;
    }

    pub(crate) async fn closed(&self) -> Closed {
        self.find("the end", |news| match news {
            News::Closed(why) => Some(why.clone()),
            _ => None,
        })
        .await
    }

    fn note(&self, news: News) {
        let mut all = self.news.lock().expect("no test panics here");
        let is_over = matches!(all.last(), Some(News::Closed(_)));
        assert!(!is_over, "after the end: {news:?}");
        all.push(news);
        drop(all);
        self.rung.notify_waiters();
    }
}

impl Listener for Heard {
    fn message(&self, message: Message) {
        self.note(News::Message(message, None));
    }

    fn message_within(&self, message: Message, request: &Id) {
        self.note(News::Message(message, Some(request.clone())));
    }

    fn failed(&self, request: Id, why: Failure) {
        self.note(News::Failed(request, why));
    }

    fn returned(&self, request: Id, message: Bytes) {
        self.note(News::Returned(request, message));
    }

    fn closed(&self, why: Closed) {
        self.note(News::Closed(why));
    }
}
