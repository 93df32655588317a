"""One delivery of a programme to one group: dates, enrolments, trainers."""
