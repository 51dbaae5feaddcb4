"""What the doctor looks at, one thing a file. Each yields what it finds, well or not."""
