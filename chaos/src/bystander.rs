//! Clients of the healthy server, who must not notice anything.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::client::{Client, Route};
use crate::era::Era;
use crate::gateway::{Gateway, HEALTHY};
use crate::history::{Due, Said};

const PAUSE: Duration = Duration::from_millis(15);
/// A client of each era.
pub(crate) struct Bystanders(Vec<Bystander>);

/// One of them, calling until it is told to stop.
struct Bystander {
    client: Arc<Client>,
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Bystanders {
    pub(crate) fn start(gateway: &Gateway) -> Result<Self, String> {
        let route = Route {
            address: gateway.address,
            from: [127, 9, 9, 9].into(),
            server: HEALTHY,
        };
        Era::ALL
            .into_iter()
            .map(|era| bystander(era, &route))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Stops them. How many calls they made, or what they noticed: errors, or that one call in a hundred took longer
    /// than `patience`.
    pub(crate) fn stop(self, patience: Duration) -> Result<usize, String> {
        let mut times = Vec::new();
        for Bystander { client, stop, thread } in self.0 {
            drop(stop);
            thread.join().map_err(|_| "a bystander panicked")?;
            let (asked, problems) = client.history.close();
            let era = client.era.label();
            if let Some(problem) = problems.first() {
                return Err(format!("bystander {era}: {problem}"));
            }
            for (id, asked) in asked {
                match &asked.answers[..] {
                    [] if asked.due == Due::End => {}
                    [(Said::Right, time)] => times.push(*time),
                    answers => return Err(format!("bystander {era}: request {id} got {answers:?}")),
                }
            }
        }
        times.sort_unstable();
        let (p99, longest) = (times[(times.len() - 1) * 99 / 100], times[times.len() - 1]);
        if p99 > patience || longest > 2 * patience {
            return Err(format!(
                "bystanders waited: p99 {p99:?}, longest {longest:?} of {}",
                times.len()
            ));
        }
        Ok(times.len())
    }
}

fn bystander(era: Era, route: &Route) -> Result<Bystander, String> {
    let mut client = Client::new(era, &format!("bystander-{}", era.label()), route, 0);
    let stream = client
        .open()
        .ok_or_else(|| format!("a bystander cannot open: {:?}", client.history.close()))?;
    let client = Arc::new(client);
    let (stop, stopped) = mpsc::channel::<()>();
    let thread = std::thread::spawn({
        let client = Arc::clone(&client);
        move || {
            std::thread::scope(|scope| {
                let reader = scope.spawn(|| client.read(stream));
                client.run_while(|| stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout));
                client.stop();
                let _ = reader.join();
                client.delete();
            });
        }
    });
    Ok(Bystander { client, stop, thread })
}
