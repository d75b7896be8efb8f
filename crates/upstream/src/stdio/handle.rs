//! The handles of a child process.

use std::sync::Arc;

use bytes::Bytes;
use pontoon_supervise::Process;

use crate::connection::{Connection, Listener, Ready, SendError, Wire};
use crate::connector::BoxFuture;
use crate::diagnostics::Diagnostics;
use crate::stdio::StdioSettings;
use crate::stdio::shared::{Order, Shared};
use crate::stdio::task::Task;

/// The one owner of an order to end: dropped without having given one, it orders to abandon.
struct Handle(Arc<Shared>);

/// Only a note to the task, which does the work.
impl Drop for Handle {
    fn drop(&mut self) {
        self.0.order(Order::Abandon);
    }
}

/// A process nobody has spoken to.
pub(crate) struct IdleProcess(Handle);

impl IdleProcess {
    /// Puts a process into the care of a task.
    pub(crate) fn new(process: Process, name: &Arc<str>, settings: StdioSettings) -> Self {
        let task = Task::new(process, Arc::clone(name), settings);
        let handle = Handle(task.shared());
        tokio::spawn(task.run());
        Self(handle)
    }
}

impl Ready for IdleProcess {
    fn is_alive(&mut self) -> bool {
        !self.0.0.is_dead()
    }

    fn start(self: Box<Self>, listener: Arc<dyn Listener>) -> Connection {
        self.0.0.listen(listener);
        Connection::new(StdioWire(self.0))
    }

    fn discard(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.0.0.order(Order::Close);
        Box::pin(async move { self.0.0.finished().await })
    }
}

/// A process in conversation.
struct StdioWire(Handle);

impl Wire for StdioWire {
    fn send(&self, message: Bytes) -> Result<(), SendError> {
        self.0.0.send(message)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.0.0.order(Order::Close);
        Box::pin(self.0.0.finished())
    }

    fn diagnostics(&self) -> Diagnostics {
        self.0.0.diagnostics()
    }
}
