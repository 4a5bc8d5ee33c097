//! What the roles of assets mean to the separation of zones.

use crate::model::AssetRole;

/// Whether a role is part of the basic control system or its supervision, so that it has no place among safety
/// equipment. Engineering stations, panels, gateways and field devices may belong to the safety system itself.
pub(super) const fn is_basic_control(role: AssetRole) -> bool {
    match role {
        AssetRole::Plc
        | AssetRole::Rtu
        | AssetRole::Drive
        | AssetRole::ScadaServer
        | AssetRole::Historian
        | AssetRole::Mes
        | AssetRole::JumpHost
        | AssetRole::Server
        | AssetRole::Workstation
        | AssetRole::External => true,
        AssetRole::SafetyController
        | AssetRole::FieldDevice
        | AssetRole::Hmi
        | AssetRole::EngineeringWorkstation
        | AssetRole::Gateway
        | AssetRole::Switch
        | AssetRole::Router
        | AssetRole::Unknown => false,
    }
}

/// Whether a role runs or watches the process, so that it is no business system.
pub(super) const fn is_control_system(role: AssetRole) -> bool {
    match role {
        AssetRole::Plc
        | AssetRole::SafetyController
        | AssetRole::Rtu
        | AssetRole::FieldDevice
        | AssetRole::Drive
        | AssetRole::Hmi
        | AssetRole::ScadaServer
        | AssetRole::Historian
        | AssetRole::EngineeringWorkstation => true,
        AssetRole::Mes
        | AssetRole::JumpHost
        | AssetRole::Gateway
        | AssetRole::Switch
        | AssetRole::Router
        | AssetRole::Server
        | AssetRole::Workstation
        | AssetRole::External
        | AssetRole::Unknown => false,
    }
}

/// Whether a role is installed for good: it is no visitor's laptop or portable test gear.
pub(super) const fn is_installed_for_good(role: AssetRole) -> bool {
    match role {
        AssetRole::Plc
        | AssetRole::SafetyController
        | AssetRole::Rtu
        | AssetRole::FieldDevice
        | AssetRole::Drive
        | AssetRole::ScadaServer
        | AssetRole::Historian
        | AssetRole::Mes
        | AssetRole::JumpHost
        | AssetRole::Server => true,
        AssetRole::Hmi
        | AssetRole::EngineeringWorkstation
        | AssetRole::Gateway
        | AssetRole::Switch
        | AssetRole::Router
        | AssetRole::Workstation
        | AssetRole::External
        | AssetRole::Unknown => false,
    }
}
