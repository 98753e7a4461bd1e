"""Hundreds of plays with the registrar as it is, and the proof that two planted bugs do not get through."""
