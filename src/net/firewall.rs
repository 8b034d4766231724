//! stub
/// r
pub fn ruleset() -> Result<String, String> {
    Err("stub".into())
}
/// r
pub fn has_legacy_rules() -> bool {
    false
}
/// r
pub fn may_see_firewall() -> bool {
    true
}
/// r
pub fn may_capture() -> bool {
    true
}
