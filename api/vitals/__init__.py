"""How fast pages are where people read them: counted per kind of page and day, about nobody in particular."""
