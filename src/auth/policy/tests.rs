//! The whole table: each act by each role, from inside and from outside, signed in or by a key.

use std::sync::Arc;

use super::*;
use crate::models::team::Membership;

/// The user whose things are asked for belongs to team `red` and made something for it.
const OWNER: &str = "usr_owner";

fn person(id: &str, role: user::Role, teams: &[(&str, team::Role)], with: Credential) -> Who {
    let teams = teams.iter().map(|(id, role)| Membership {
        team_id: (*id).to_owned(),
        role: *role,
    });
    Who::User(Person {
        id: Arc::from(id),
        email: Arc::from(format!("{id}@example.com")),
        role,
        teams: teams.collect(),
        with,
    })
}

/// Everybody who may ask, signed in or with a key, in the order of the columns below.
fn cast(with: Credential) -> [Who; 6] {
    use team::Role::{Admin as TeamAdmin, Member as TeamMember};
    use user::Role::{Admin, Member};

    [
        person("usr_admin", Admin, &[], with),
        person("usr_lead", Member, &[("team_red", TeamAdmin)], with),
        person(
            "usr_foreign_lead",
            Member,
            &[("team_blue", TeamAdmin)],
            with,
        ),
        person("usr_colleague", Member, &[("team_red", TeamMember)], with),
        person(OWNER, Member, &[("team_red", TeamMember)], with),
        person("usr_stranger", Member, &[], with),
    ]
}

/// What each act is answered with: `+` allowed, `-` refused, `.` not there.
fn table() -> Vec<(Act<'static>, &'static str)> {
    let own = Owned {
        user: OWNER,
        team: None,
    };
    let for_team = Owned {
        user: OWNER,
        team: Some("team_red"),
    };
    // Columns: admin, team-admin, team-admin of another team, member, the owner, somebody else.
    vec![
        (Act::SeeUser(OWNER), "+...+."),
        (Act::EditUser(OWNER), "+...+."),
        (Act::ManageUser(OWNER), "+...-."),
        (Act::ListUsers, "+-----"),
        (Act::CreateUser, "+-----"),
        (Act::SeeTeam("team_red"), "++.++."),
        (Act::ManageTeam("team_red"), "+-.--."),
        (Act::ListTeams, "+-----"),
        (Act::CreateTeam, "+-----"),
        (Act::SeeMembers("team_red"), "++.--."),
        (Act::AddMember("team_red"), "+-.--."),
        (Act::ManageMembers("team_red"), "++.--."),
        (Act::SeeTeamUsage("team_red"), "++.--."),
        (Act::CreateKey(own), "+---+-"),
        (Act::CreateKey(for_team), "++.-+."),
        (Act::SeeKey(own), "+...+."),
        (Act::SeeKey(for_team), "++..+."),
        (Act::ManageKey(own), "+...+."),
        (Act::ManageKey(for_team), "++..+."),
        (Act::ListKeys, "+-----"),
        (Act::SeeCall(own), "+...+."),
        (Act::SeeCall(for_team), "++..+."),
        (Act::SeeAllUsage, "+-----"),
        (Act::SeeOffers, "+-----"),
        (Act::ManageOffers, "+-----"),
        (Act::SeeAudit, "+-----"),
        (Act::SeeStatus, "+-----"),
    ]
}

fn spelled(verdict: Verdict) -> char {
    match verdict {
        Verdict::Allowed => '+',
        Verdict::Refused => '-',
        Verdict::Hidden => '.',
    }
}

#[test]
fn each_role_may_do_what_the_table_says_and_nothing_else() {
    for (act, expected) in table() {
        let found: String = cast(Credential::Session)
            .iter()
            .map(|who| spelled(decide(who, &act)))
            .collect();
        assert_eq!(found, expected, "{act:?}");
        assert_eq!(decide(&Who::Operator, &act), Verdict::Allowed, "{act:?}");
    }
}

#[test]
fn a_key_opens_nothing_but_an_admins() {
    for (credential, expected) in [
        (Credential::Key, "+-----"),
        // Its team-admin may have made it: it must not be more than they are.
        (Credential::TeamKey, "------"),
    ] {
        for (act, _) in table() {
            let found: String = cast(credential)
                .iter()
                .map(|who| spelled(decide(who, &act)))
                .collect();
            assert_eq!(found, expected, "{act:?} {credential:?}");
        }
    }
}

#[test]
fn a_team_admin_reaches_no_key_that_a_member_made_for_another_team() {
    let lead = &cast(Credential::Session)[1];
    let elsewhere = Owned {
        user: OWNER,
        team: Some("team_blue"),
    };
    for act in [
        Act::SeeKey(elsewhere),
        Act::ManageKey(elsewhere),
        Act::CreateKey(elsewhere),
        Act::SeeCall(elsewhere),
    ] {
        assert_eq!(decide(lead, &act), Verdict::Hidden, "{act:?}");
    }
}
