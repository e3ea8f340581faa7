"""The router: one pure engine decides for every call; around it the pump, ports and simulation."""
