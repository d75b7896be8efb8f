//! How changes are found out: through the API's event stream, and by looking where there is none.

use serde::Deserialize;
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use super::{
    api::Api,
    model::{Feed, ids},
    resources::Target,
};
use crate::{
    source::{EventStream, SourceError},
    watchers::Observe,
};

/// What an event of the stream says (Firebase REST API, "Streaming from the REST API").
#[derive(Deserialize)]
struct Put {
    path: String,
    data: Value,
}

/// Why a stream is read no further.
enum End {
    /// It ended, or broke.
    Closed,
    /// The API will not tell us more.
    Refused,
}

impl Observe for Api {
    async fn observe(&self, uri: String, changed: mpsc::Sender<()>) {
        let Some(target) = Target::of(&uri) else { return };
        let mut watch = Watch {
            api: self,
            path: target.path(),
            target,
            known: None,
            changed,
        };
        let slow = self.settings.poll_interval;
        let quick = self.settings.http.backoff.min(slow);
        let mut pause = quick;
        while !watch.changed.is_closed() {
            let opened = Instant::now();
            match watch.follow().await {
                Ok(End::Closed) if opened.elapsed() > slow => pause = quick,
                Ok(End::Closed) => {}
                Ok(End::Refused) => {
                    watch.look().await;
                    pause = slow;
                }
                Err(error) => {
                    tracing::debug!(%error, uri, "no event stream; it is looked at instead");
                    watch.look().await;
                    pause = slow;
                }
            }
            sleep(pause).await;
            pause = pause.saturating_mul(2).min(slow);
        }
    }
}

struct Watch<'a> {
    api: &'a Api,
    target: Target,
    path: Vec<String>,
    /// What it is, as far as we have been told. `None` before the first time.
    known: Option<Value>,
    changed: mpsc::Sender<()>,
}

impl Watch<'_> {
    fn path(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// Opens the stream and follows it to its end.
    async fn follow(&mut self) -> Result<End, SourceError> {
        let mut stream = self.api.events(&self.path()).await?;
        match self.read(&mut stream).await {
            Ok(end) => Ok(end),
            Err(error) => {
                tracing::debug!(%error, "an event stream broke");
                Ok(End::Closed)
            }
        }
    }

    async fn read(&mut self, stream: &mut EventStream) -> Result<End, SourceError> {
        while let Some(event) = stream.next().await? {
            match &*event.name {
                "put" | "patch" => {
                    let Ok(put) = serde_json::from_slice::<Put>(&event.data) else {
                        tracing::debug!("an event is not what Firebase sends");
                        continue;
                    };
                    if event.name == "put" && put.path == "/" {
                        self.is_now(put.data).await;
                    } else {
                        // A part changed. What the whole is we learn when the stream is opened again, and
                        // then tell once too often.
                        self.tell().await;
                    }
                }
                "cancel" | "auth_revoked" => return Ok(End::Refused),
                // `keep-alive`, and what is not known yet.
                _ => {}
            }
        }
        Ok(End::Closed)
    }

    /// Asks the API as anybody does.
    async fn look(&mut self) {
        match self.api.raw(&self.path()).await {
            Ok(value) => self.is_now(value).await,
            Err(error) => tracing::debug!(%error, "a watched resource could not be read"),
        }
    }

    async fn is_now(&mut self, value: Value) {
        if self.target == Target::Feed(Feed::Top)
            && let Ok(ids) = ids(value.to_string().as_bytes())
        {
            self.api.snapshots.keep_at(self.api.now(), &ids);
        }
        let is_news = self.known.as_ref().is_some_and(|known| *known != value);
        self.known = Some(value);
        if is_news {
            self.tell().await;
        }
    }

    async fn tell(&self) {
        // Whoever reads it now has to see the change.
        self.api.forget(&self.target).await;
        // A full channel holds an untold change already.
        let _ = self.changed.try_send(());
    }
}
