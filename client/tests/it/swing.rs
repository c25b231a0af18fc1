//! Several data centres that share their sessions: home first, and another one when home is lost.

use std::time::Duration;

use cloakroom_client::{
    BuildError, Client, Cluster, DataCentre, Discovery, Home, Read, Settings, Timeout, Visit,
};

use crate::seen::Seen;
use crate::world::{Fault, Server, Sessions, cluster, session, settings};

/// Data centres 1 and 2, of two servers each, and a client in 1.
struct World {
    west: [Server; 2],
    east: [Server; 2],
    client: Client,
    seen: Seen,
}

fn data_centre(number: u8) -> DataCentre {
    DataCentre::new(number).unwrap()
}

fn home(number: u8, swing: u16) -> Home {
    Home { data_centre: data_centre(number), swing }
}

impl World {
    async fn start(settings: Settings) -> Self {
        let (sessions, seen) = (Sessions::default(), Seen::default());
        let west = [Server::start(&sessions).await, Server::start(&sessions).await];
        let east = [Server::start(&sessions).await, Server::start(&sessions).await];
        let of = |servers: &[Server; 2], number| {
            cluster(&[&servers[0], &servers[1]]).data_centre(data_centre(number))
        };
        let builder = Client::builder().cluster(of(&west, 1)).cluster(of(&east, 2));
        let client = builder.settings(settings).observe(seen.clone()).build().await.unwrap();
        Self { west, east, client, seen }
    }

    fn visit(&self, home: Option<Home>) -> Visit {
        self.client.visit(&session(), home)
    }

    /// Asks for a session with that home, and says what its home is afterwards.
    async fn visit_home(&self, home: Option<Home>) -> Home {
        let mut visit = self.visit(home);
        let _ = visit.get().await.unwrap();
        visit.home().unwrap()
    }

    /// How often each data centre was asked.
    fn asked(&self) -> (usize, usize) {
        let count = |servers: &[Server; 2]| servers.iter().map(|server| server.asked().len()).sum();
        (count(&self.west), count(&self.east))
    }
}

#[tokio::test]
async fn a_session_is_asked_for_at_its_home() {
    let world = World::start(settings()).await;
    for (before, after, asked) in [
        (None, home(1, 0), (1, 0)),
        (Some(home(1, 4)), home(1, 4), (1, 0)),
        (Some(home(2, 3)), home(2, 3), (0, 1)),
        // A data centre that nobody has heard of: whoever is asked takes the session over.
        (Some(home(9, 3)), home(1, 4), (1, 0)),
    ] {
        let mut visit = world.visit(before);
        assert_eq!((visit.home(), visit.get().await.unwrap()), (before, Read::Absent));
        assert_eq!((visit.home(), world.asked()), (Some(after), asked), "{before:?}");
    }
    assert_eq!(world.seen.count("swung from 9 to 1"), 1);
}

#[tokio::test]
async fn when_home_is_lost_the_session_swings_and_does_not_swing_back_by_itself() {
    let mut world = World::start(settings()).await;
    let mut visit = world.visit(None);
    let _ = visit.put(b"one", Timeout::DEFAULT).await.unwrap();
    assert_eq!(visit.home(), Some(home(1, 0)));
    for server in &mut world.west {
        server.stop().await;
    }
    // Every request is served, and after the third that found nobody at home the session counts as moved.
    for swing in [0, 0, 1] {
        let mut visit = world.visit(visit.home());
        assert!(matches!(visit.get().await.unwrap(), Read::Found(_)));
        assert_eq!(visit.home(), Some(if swing == 0 { home(1, 0) } else { home(2, 1) }));
    }
    let mut visit = world.visit(Some(home(1, 0)));
    assert!(matches!(visit.get().await.unwrap(), Read::Found(_)));
    let moved = visit.home();
    assert_eq!((moved, world.seen.count("swung from 1 to 2")), (Some(home(2, 1)), 2));
    for server in &mut world.west {
        server.restart().await;
    }
    let _ = world.asked();
    let mut visit = world.visit(moved);
    assert!(matches!(visit.get().await.unwrap(), Read::Found(_)));
    assert_eq!((visit.home(), world.asked()), (moved, (0, 1)));
}

#[tokio::test]
async fn a_home_that_is_back_is_asked_again_however_much_is_asked_meanwhile() {
    let mut settings = settings();
    settings.rest = Duration::from_millis(100);
    let mut world = World::start(settings).await;
    for server in &mut world.west {
        server.stop().await;
    }
    while world.visit_home(Some(home(1, 0))).await == home(1, 0) {}
    for server in &mut world.west {
        server.restart().await;
    }
    let _ = world.asked();
    let until = tokio::time::timeout(Duration::from_secs(20), async {
        while world.visit_home(Some(home(1, 0))).await != home(1, 0) {}
    });
    until.await.unwrap();
    assert!(world.asked().0 > 0);
}

#[tokio::test]
async fn a_lock_taken_at_home_is_ended_elsewhere_when_home_is_lost() {
    let mut world = World::start(settings()).await;
    let mut visit = world.visit(None);
    let _ = visit.put(b"one", Timeout::DEFAULT).await.unwrap();
    let Read::Found(lock) = visit.lock().await.unwrap() else { panic!("it is there") };
    for server in &mut world.west {
        server.stop().await;
    }
    let _ = lock.put(b"two", Timeout::DEFAULT).await.unwrap();
    let Read::Found(item) = visit.get().await.unwrap() else { panic!("it is there") };
    assert_eq!(item.body, b"two");
}

#[tokio::test]
async fn one_lost_server_is_no_lost_data_centre() {
    let mut world = World::start(settings()).await;
    let mut visit = world.visit(None);
    let _ = visit.put(b"one", Timeout::DEFAULT).await.unwrap();
    let first = world.client.locate(&session())[0].servers[0].address;
    world.west.iter_mut().find(|server| server.address == first).unwrap().stop().await;
    let _ = world.asked();
    for _ in 0..6 {
        assert!(matches!(visit.get().await.unwrap(), Read::Found(_)));
    }
    assert_eq!((visit.home(), world.asked()), (Some(home(1, 0)), (6, 0)));
}

#[tokio::test]
async fn a_data_centre_that_is_lost_does_not_keep_a_client_from_starting() {
    let sessions = Sessions::default();
    let east = Server::start(&sessions).await;
    let nowhere = || Cluster::new(Discovery::ring_file("/nonexistent/ring.json"));
    let lost = nowhere().data_centre(data_centre(1));
    let builder = Client::builder().cluster(lost).cluster(cluster(&[&east]).data_centre(data_centre(2)));
    let client = builder.settings(settings()).build().await.unwrap();
    assert_eq!(client.get(&session()).await.unwrap(), Read::Absent);
    let alone = Client::builder().cluster(nowhere()).build().await.unwrap_err();
    assert!(matches!(alone, BuildError::Discovery(_)), "{alone}");
}

/// What a client is refused for.
async fn check_refused(clusters: &[Option<u8>], expected: &str) {
    let builder = clusters.iter().fold(Client::builder(), |builder, number| {
        let cluster = Cluster::new(Discovery::fixed(["127.0.0.1:1"]).unwrap());
        builder.cluster(match number {
            Some(number) => cluster.data_centre(data_centre(*number)),
            None => cluster,
        })
    });
    assert_eq!(builder.build().await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn clusters_must_be_told_apart() {
    check_refused(&[], "the client has no cluster: give it one with Builder::cluster").await;
    let number =
        "the client has several clusters: say of each which data centre it is, with Cluster::data_centre";
    check_refused(&[Some(1), None], number).await;
    let twice = "two clusters are data centre 3: give each its own number, the one that its nodes are configured with";
    check_refused(&[Some(3), Some(1), Some(3)], twice).await;
    let client = Client::builder().cluster(Cluster::new(Discovery::fixed(["127.0.0.1:1"]).unwrap()));
    let mut without_time = settings();
    without_time.total = Duration::ZERO;
    let refused = client.settings(without_time).build().await.unwrap_err().to_string();
    assert_eq!(refused, "Settings::total is zero: it must be more");
}

/// Each would cost as much time as the one before: the visitor does not wait for the third.
#[tokio::test]
async fn two_servers_that_say_nothing_are_enough_of_a_data_centre() {
    let sessions = Sessions::default();
    let west =
        [Server::start(&sessions).await, Server::start(&sessions).await, Server::start(&sessions).await];
    let east = [Server::start(&sessions).await];
    west.iter().for_each(|server| server.fails([Fault::KeepsSilent; 4]));
    let mut settings = settings();
    settings.answer = Duration::from_millis(50);
    let client = Client::builder()
        .cluster(cluster(&[&west[0], &west[1], &west[2]]).data_centre(data_centre(1)))
        .cluster(cluster(&[&east[0]]).data_centre(data_centre(2)))
        .settings(settings)
        .build()
        .await
        .unwrap();
    assert_eq!(client.get(&session()).await.unwrap(), Read::Absent);
    let asked: Vec<usize> = west.iter().map(|server| server.asked().len()).collect();
    assert_eq!((asked.iter().sum::<usize>(), east[0].asked().len()), (2, 1), "{asked:?}");
}
