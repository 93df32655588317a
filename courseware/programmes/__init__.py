"""What is taught: programme, modules, outcomes, planned hours, the rules for the certificate."""
