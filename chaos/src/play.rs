//! One row on one gateway.

use std::net::IpAddr;

use crate::bystander::Bystanders;
use crate::client::{Client, Route};
use crate::era::Era;
use crate::gateway::{Gateway, ODD};
use crate::history::SECRET;
use crate::judge::Verdict;
use crate::rest::Rest;
use crate::table::{Behaviour, End, Lease};

/// Clients of each era.
const CLIENTS: u8 = 2;
/// Calls that each has in flight.
const LANES: usize = 3;

/// What a row came to.
pub(crate) struct Played {
    pub(crate) requests: usize,
    pub(crate) bystander_calls: usize,
}

/// Plays a behaviour.
///
/// # Errors
///
/// Everything that did not hold.
pub(crate) fn play(behaviour: &Behaviour, lease: Lease) -> Result<Played, Vec<String>> {
    let gateway = Gateway::start(behaviour, lease).map_err(|problem| vec![problem])?;
    let mut problems = Vec::new();
    let played = on_gateway(behaviour, &gateway, &mut problems);
    let fate = if played.is_err() {
        gateway.fate()
    } else {
        String::new()
    };
    gateway.clean_up();
    let log = gateway.log();
    problems.extend(
        log.contains(SECRET)
            .then(|| "a client's text is in the log".to_owned()),
    );
    problems.extend(
        log.contains("panicked")
            .then(|| "something panicked, says the log".to_owned()),
    );
    match played {
        Ok(played) if problems.is_empty() => Ok(played),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(format!("{problem}; {fate}"));
            Err(problems)
        }
    }
}

fn on_gateway(
    behaviour: &Behaviour,
    gateway: &Gateway,
    problems: &mut Vec<String>,
) -> Result<Played, String> {
    let rest = Rest::before(gateway, behaviour)?;
    let bystanders = Bystanders::start(gateway)?;
    let mut verdict = load(behaviour, gateway);
    let patience = behaviour.weight.bystanders_wait();
    let bystander_calls = bystanders.stop(patience)?;
    verdict.conclude(behaviour);
    problems.append(&mut verdict.problems);
    rest.check_return(gateway, behaviour)?;
    Bystanders::start(gateway)?
        .stop(patience)
        .map_err(|problem| format!("afterwards: {problem}"))?;
    match behaviour.end {
        End::Asked => gateway.stop()?,
        End::Killed => gateway.kill()?,
    }
    Ok(Played {
        requests: verdict.requests,
        bystander_calls,
    })
}

/// All clients at once; some go away in the middle.
fn load(behaviour: &Behaviour, gateway: &Gateway) -> Verdict {
    let mut clients: Vec<_> = Era::ALL
        .iter()
        .flat_map(|era| of_era(*era, behaviour, gateway))
        .collect();
    let mut leavers: Vec<_> = Era::ALL.iter().map(|era| leaver(*era, gateway)).collect();
    std::thread::scope(|scope| {
        for client in &mut clients {
            scope.spawn(|| use_it(client, behaviour.calls_each));
        }
        for client in &mut leavers {
            scope.spawn(|| {
                // Whatever becomes of it: it does not wait to learn that.
                let stream = client.open();
                let _ = client.call_and_leave();
                drop(stream);
            });
        }
    });
    // The others go without a word.
    for client in clients.iter().step_by(2) {
        client.delete();
    }
    let mut verdict = Verdict::default();
    for client in &clients {
        verdict.add(behaviour, client);
    }
    verdict
}

fn of_era<'a>(era: Era, behaviour: &'a Behaviour, gateway: &'a Gateway) -> impl Iterator<Item = Client> + 'a {
    (1..=CLIENTS).map(move |number| {
        let name = format!("{}-{number}", era.label());
        Client::new(
            era,
            &name,
            &route(gateway, [127, 0, number, 1].into()),
            behaviour.padding,
        )
    })
}

fn leaver(era: Era, gateway: &Gateway) -> Client {
    let name = format!("{}-leaver", era.label());
    Client::new(era, &name, &route(gateway, [127, 0, 200, 1].into()), 0)
}

fn route(gateway: &Gateway, from: IpAddr) -> Route {
    Route {
        address: gateway.address,
        from,
        server: ODD,
    }
}

/// Opens, calls on several lanes, and listens for what nobody should send.
fn use_it(client: &mut Client, calls: usize) {
    let Some(stream) = client.open() else { return };
    let client = &*client;
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| client.read(stream));
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(|| run(client, calls))).collect();
        for lane in lanes {
            let _ = lane.join();
        }
        client.stop();
        let _ = reader.join();
    });
}

fn run(client: &Client, calls: usize) {
    let mut left = calls;
    client.run_while(|| {
        left = left.wrapping_sub(1);
        left < calls
    });
}
