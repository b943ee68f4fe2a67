//! Members as messages.

use proto::profile::v1 as pb;

use super::{Member, Role, State};
use crate::error::Result;
use crate::mask::merge;
use crate::time::moment;

impl From<Member> for pb::Member {
    fn from(member: Member) -> Self {
        Self {
            id: member.id.to_string(),
            company_id: member.company_id.to_string(),
            user_id: member.user_id.map(|id| id.to_string()).unwrap_or_default(),
            role: pb::MemberRole::from(member.role).into(),
            state: pb::MemberState::from(member.state).into(),
            invite_email: member.invite_email,
            expire_time: member.expire_time.map(moment),
            create_time: Some(moment(member.create_time)),
            update_time: Some(moment(member.update_time)),
            revision: member.revision,
        }
    }
}

/// What of a member a request can change.
struct Editable {
    role: Role,
}

/// The role with the change that the request's mask names.
pub(super) fn merged(role: Role, request: &pb::UpdateMemberRequest) -> Result<Role> {
    let written = request.member.as_ref().map(pb::Member::role).map_or(role, Role::from);
    let merged = merge!(
        request.update_mask.clone(), Editable { role: written } => Editable { role },
        fields: role;
        messages: ;
        output: id company_id user_id state invite_email expire_time create_time update_time revision;
    )?;
    Ok(merged.role)
}

impl From<pb::MemberRole> for Role {
    /// The contract's limits refuse UNSPECIFIED; it would be the least.
    fn from(role: pb::MemberRole) -> Self {
        match role {
            pb::MemberRole::Owner => Self::Owner,
            pb::MemberRole::Recruiter => Self::Recruiter,
            pb::MemberRole::Viewer | pb::MemberRole::Unspecified => Self::Viewer,
        }
    }
}

impl From<Role> for pb::MemberRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Recruiter => Self::Recruiter,
            Role::Viewer => Self::Viewer,
        }
    }
}

impl From<State> for pb::MemberState {
    fn from(state: State) -> Self {
        match state {
            State::Invited => Self::Invited,
            State::Active => Self::Active,
            State::Removed => Self::Removed,
        }
    }
}
