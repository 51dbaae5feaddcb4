"""Real servers for the tests: started once per session, shared by its workers, ended with it."""
