"""Conditions of steps: parsed and evaluated, never executed."""
