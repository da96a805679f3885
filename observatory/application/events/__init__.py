"""Events as they come: what is left out of the numbers, what is protected, what is frozen, what is reported."""
