"""The one door of the desk: password and second factor, or the house's provider."""
