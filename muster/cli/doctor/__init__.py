"""`muster doctor`: looks Muster over, says what is wrong and what to do, and changes nothing."""
