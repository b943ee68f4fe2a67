//! What callers are answered about workers.

use bus::{Code, Context, Result};
use futures_util::future::join_all;
use prost_types::FieldMask;
use proto::profile::v1 as pb;
use proto::profile::v1::WorkerService as _;
use sqlx::PgPool;

use super::Visibility;
use crate::company::State;
use crate::fixture::{World, admin, company_id, employer, user_id, worker};
use crate::member::Role;

/// All fields that a worker writes.
const WRITABLE: [&str; 16] = [
    "given_name",
    "family_name",
    "birth_date",
    "gender",
    "phone",
    "about",
    "languages",
    "licences",
    "certificates",
    "right_to_work_countries",
    "base_place",
    "base_location",
    "mobility_km",
    "relocate",
    "visibility",
    "hidden_from_company_ids",
];
const UPDATE: &str = "seasonal.profile.v1.WorkerService/UpdateWorker";

fn worker_seven() -> Context {
    chassis::fixture::user(7, &["worker"])
}

fn get(worker_id: &str) -> pb::GetWorkerRequest {
    pb::GetWorkerRequest { worker_id: worker_id.to_owned() }
}

fn update(worker_id: &str, worker: pb::Worker, paths: &[&str]) -> pb::UpdateWorkerRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    pb::UpdateWorkerRequest {
        worker_id: worker_id.to_owned(),
        worker: Some(worker),
        update_mask: Some(FieldMask { paths }),
    }
}

#[sqlx::test]
async fn a_workers_first_call_answers_an_empty_profile_of_his_own(pool: PgPool) {
    let world = World::new(&pool).await;

    let first = world.worker.get_worker(worker_seven(), get("me")).await.unwrap();

    let id = user_id(7).to_string();
    let again = world.worker.get_worker(worker_seven(), get(&id)).await.unwrap();
    assert_eq!((&first.id, first.revision, first.completeness), (&id, 1, 0));
    assert_eq!(first.visibility(), pb::WorkerVisibility::VerifiedEmployers);
    assert_eq!(again, first);
}

#[sqlx::test]
async fn a_first_call_that_is_asked_many_times_at_once_makes_one_profile(pool: PgPool) {
    let world = World::new(&pool).await;

    let calls = (0..16).map(|_| world.worker.get_worker(worker_seven(), get("me")));
    let answers = join_all(calls).await;

    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[sqlx::test]
async fn who_is_no_worker_gets_no_profile(pool: PgPool) {
    let world = World::new(&pool).await;

    let refused = world.worker.get_worker(employer(7), get("me")).await.unwrap_err();

    assert_eq!((refused.code(), refused.reason()), (Code::NotFound, "WORKER_NOT_FOUND"));
}

#[sqlx::test]
async fn an_id_that_is_none_is_named(pool: PgPool) {
    let world = World::new(&pool).await;

    let refused = world.worker.get_worker(worker_seven(), get("you")).await.unwrap_err();

    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.violations()[0].field, "/workerId");
}

#[sqlx::test]
async fn every_caller_sees_what_the_visibility_allows(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_company_in(1, State::Pending, &[(11, Role::Owner)]).await;
    world.add_company_in(2, State::Verified, &[(12, Role::Viewer), (13, Role::Owner)]).await;
    world.add_company_in(4, State::Verified, &[(13, Role::Viewer)]).await;
    let callers = [
        ("the worker", worker_seven()),
        ("an admin", admin()),
        ("another worker", chassis::fixture::user(8, &["worker"])),
        ("an employer without company", employer(10)),
        ("an employer of an unverified company", employer(11)),
        ("an employer of a verified company", employer(12)),
        ("an employer who is hidden from", employer(13)),
        ("a worker who is a member", chassis::fixture::user(12, &["worker"])),
    ];

    let (all, part, none) = ("all", "part", "none");
    for (visibility, expected) in [
        (Visibility::Public, [all, part, none, part, part, part, none, none]),
        (Visibility::VerifiedEmployers, [all, part, none, none, none, part, none, none]),
        (Visibility::Hidden, [all, part, none, none, none, none, none, none]),
    ] {
        let mut shown = worker();
        shown.profile.visibility = visibility;
        world.add_worker(&shown).await;
        for ((who, caller), expected) in callers.iter().zip(expected) {
            let answer = world.worker.get_worker(caller.clone(), get(&shown.id.to_string())).await;
            assert_eq!(seen(answer), expected, "{visibility:?} to {who}");
        }
    }
}

/// How much of the fixture's worker an answer shows.
fn seen(answer: Result<pb::Worker>) -> &'static str {
    let worker = match answer {
        Ok(worker) => worker,
        Err(status) => {
            assert_eq!(status.code(), Code::NotFound);
            return "none";
        }
    };
    let private = [
        worker.birth_date.as_str(),
        worker.gender.as_str(),
        worker.phone.as_str(),
        worker.hidden_from_company_ids.first().map_or("", String::as_str),
    ];
    assert_eq!((worker.given_name.as_str(), worker.age_at_least), ("Ivan", 21));
    let hidden_from = company_id(4).to_string();
    if private == ["2005-04-30", "male", "+33612345678", &hidden_from] {
        return "all";
    }
    assert_eq!(private, [""; 4]);
    "part"
}

#[sqlx::test]
async fn an_update_changes_what_the_mask_names_and_no_more(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_worker(&worker()).await;
    let before = world.worker.get_worker(worker_seven(), get("me")).await.unwrap();
    let written = pb::Worker {
        given_name: "Not named".to_owned(),
        about: "Seven seasons.".to_owned(),
        base_location: Some(proto::value::v1::Location { latitude: 46.0, longitude: 0.0 }),
        ..pb::Worker::default()
    };

    let paths = ["about", "phone", "licences", "base_location.latitude"];
    let answer = world.worker.update_worker(worker_seven(), update("me", written, &paths)).await;

    let expected = pb::Worker {
        about: "Seven seasons.".to_owned(),
        phone: String::new(),
        licences: vec![],
        base_location: Some(proto::value::v1::Location { latitude: 46.0, longitude: 4.84 }),
        completeness: 90,
        revision: 2,
        ..before
    };
    assert_eq!(answer.unwrap(), expected);
    let after = world.worker.get_worker(worker_seven(), get("me")).await.unwrap();
    assert_eq!(after, expected);
}

#[sqlx::test]
async fn every_field_can_be_written(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_worker(&worker()).await;
    let full = world.worker.get_worker(worker_seven(), get("me")).await.unwrap();
    let other = chassis::fixture::user(8, &["worker"]);

    let answer = world.worker.update_worker(other, update("me", full.clone(), &WRITABLE)).await;

    let expected = pb::Worker { id: user_id(8).to_string(), revision: 2, ..full };
    assert_eq!(answer.unwrap(), expected);
}

#[sqlx::test]
async fn an_update_of_a_field_that_is_not_ones_to_write_is_refused(pool: PgPool) {
    let world = World::new(&pool).await;

    let request = update("me", pb::Worker::default(), &["revision", "age_at_least", "about"]);
    let refused = world.worker.update_worker(worker_seven(), request).await.unwrap_err();

    let fields: Vec<_> = refused.violations().iter().map(|it| it.field.as_str()).collect();
    assert_eq!((refused.code(), fields), (Code::InvalidArgument, vec!["/updateMask"; 2]));
}

#[sqlx::test]
async fn what_an_update_cannot_change_is_named_all_at_once(pool: PgPool) {
    let world = World::new(&pool).await;
    let unborn = pb::Worker { birth_date: "2026-12-01".to_owned(), ..pb::Worker::default() };

    let request = update("me", unborn, &["birth_date", "nothing", "base_location.x", "*"]);
    let refused = world.worker.update_worker(worker_seven(), request).await.unwrap_err();

    let fields: Vec<_> = refused.violations().iter().map(|it| it.field.as_str()).collect();
    assert_eq!(fields, ["/updateMask", "/updateMask", "/updateMask", "/worker/birthDate"]);
}

#[sqlx::test]
async fn an_update_without_a_mask_is_refused(pool: PgPool) {
    let world = World::new(&pool).await;
    let empty = update("me", pb::Worker::default(), &[]);
    let missing = pb::UpdateWorkerRequest { update_mask: None, ..empty.clone() };

    for request in [empty, missing] {
        let refused = world.worker.update_worker(worker_seven(), request).await.unwrap_err();
        let found = &refused.violations()[0];
        assert_eq!((found.field.as_str(), &*found.reason), ("/updateMask", "REQUIRED"));
    }
}

#[sqlx::test]
async fn a_text_that_cannot_be_stored_is_the_callers_mistake(pool: PgPool) {
    let world = World::new(&pool).await;
    let about = pb::Worker { about: "Vines\0".to_owned(), ..pb::Worker::default() };

    let request = update("me", about, &["about"]);
    let refused = world.worker.update_worker(worker_seven(), request).await.unwrap_err();

    assert_eq!((refused.code(), refused.reason()), (Code::InvalidArgument, "UNSTORABLE_TEXT"));
}

#[sqlx::test]
async fn nobody_changes_anothers_profile(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_worker(&worker()).await;
    let id = worker().id.to_string();

    for caller in [chassis::fixture::user(8, &["worker"]), admin()] {
        let request = update(&id, pb::Worker::default(), &["about"]);
        let refused = world.worker.update_worker(caller, request).await.unwrap_err();
        assert_eq!(refused.reason(), "NOT_YOUR_PROFILE");
    }
}

#[sqlx::test]
async fn an_update_of_an_old_revision_is_refused(pool: PgPool) {
    let world = World::new(&pool).await;
    world.add_worker(&worker()).await;
    let request = || update("me", pb::Worker::default(), &["about"]);

    let stale = worker_seven().with_if_match("\"7-abc\"");
    let refused = world.worker.update_worker(stale, request()).await.unwrap_err();
    let current = worker_seven().with_if_match("\"1-abc\"");
    let updated = world.worker.update_worker(current, request()).await.unwrap();

    assert_eq!(refused.code(), Code::PreconditionFailed);
    assert_eq!(updated.revision, 2);
}

#[sqlx::test]
async fn an_update_that_is_repeated_with_its_key_is_done_once(pool: PgPool) {
    let world = World::new(&pool).await;
    let context = || chassis::fixture::command(7, UPDATE, "key-1");
    let about = pb::Worker { about: "Vines".to_owned(), ..pb::Worker::default() };
    let request = || update("me", about.clone(), &["about"]);

    let first = world.worker.update_worker(context(), request()).await.unwrap();
    let repeat = world.worker.update_worker(context(), request()).await;

    assert_eq!(chassis::fixture::stored(repeat), Some(first));
}
