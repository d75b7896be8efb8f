//! A standing order for notifications, in the way of either era.

#![expect(deprecated, reason = "the legacy features are the subject of the test")]

use anyhow::{bail, ensure};
use rmcp::{
    model::ServerNotification,
    service::{Subscription, SubscriptionEnd},
};
use serde_json::{Value, json};

use crate::{
    cell::Mode,
    client::Client,
    handler::{Told, typed},
};

/// What is watched.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    Resource(String),
    Tools,
}

impl Subject {
    /// The filter of `subscriptions/listen` that asks for it.
    fn filter(&self) -> Value {
        match self {
            Self::Resource(uri) => json!({"resourceSubscriptions": [uri]}),
            Self::Tools => json!({"toolsListChanged": true}),
        }
    }

    fn count(&self, told: &Told) -> usize {
        match self {
            Self::Resource(uri) => told.updates.iter().filter(|update| *update == uri).count(),
            Self::Tools => told.tool_changes,
        }
    }

    fn is_in(&self, notification: &ServerNotification) -> bool {
        match (self, notification) {
            (Self::Resource(uri), ServerNotification::ResourceUpdatedNotification(it)) => {
                it.params.uri == *uri
            }
            (Self::Tools, ServerNotification::ToolListChangedNotification(_)) => true,
            _ => false,
        }
    }
}

/// One open order; [`Watch::end`] closes it at the server too.
pub(crate) struct Watch<'a> {
    client: &'a Client,
    subject: Subject,
    /// Notifications taken so far.
    taken: usize,
    subscription: Option<Subscription>,
}

impl<'a> Watch<'a> {
    pub(crate) async fn begin(client: &'a Client, subject: Subject) -> anyhow::Result<Self> {
        let taken = subject.count(&client.handler().told());
        let mut watch = Self {
            client,
            subject,
            taken,
            subscription: None,
        };
        if client.mode() != Mode::Legacy {
            let subscription = client.service().listen(typed(watch.subject.filter())?).await?;
            let honoured = serde_json::to_value(subscription.acknowledged())?;
            ensure!(honoured == watch.subject.filter(), "acknowledged {honoured}");
            watch.subscription = Some(subscription);
        } else if let Subject::Resource(uri) = &watch.subject {
            client.service().subscribe(typed(json!({"uri": uri}))?).await?;
        }
        Ok(watch)
    }

    /// Waits for the next notification about the subject.
    pub(crate) async fn next(&mut self) -> anyhow::Result<()> {
        let Some(subscription) = &mut self.subscription else {
            let (subject, taken) = (&self.subject, self.taken);
            self.client
                .until(|told| subject.count(told) > taken, "no notification came")
                .await?;
            self.taken += 1;
            return Ok(());
        };
        while let Some(notification) = subscription.next().await? {
            if self.subject.is_in(&notification) {
                return Ok(());
            }
        }
        bail!(
            "the subscription ended: {:?}",
            subscription.end().unwrap_or(&SubscriptionEnd::Abrupt)
        )
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        if let Some(mut subscription) = self.subscription {
            subscription.cancel().await?;
        } else if let Subject::Resource(uri) = &self.subject {
            self.client
                .service()
                .unsubscribe(typed(json!({"uri": uri}))?)
                .await?;
        }
        Ok(())
    }
}
