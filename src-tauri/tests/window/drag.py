"""A window with something to drag: the file that is named, as a file manager offers it."""

import pathlib
import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk

uri = pathlib.Path(sys.argv[1]).as_uri()
window = Gtk.Window(title="Files")
window.set_default_size(120, 80)
button = Gtk.Button(label="file")
button.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
button.drag_source_add_uri_targets()
button.connect("drag-data-get", lambda _widget, _context, data, _info, _time: data.set_uris([uri]))
window.add(button)
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.move(1100, 700)
Gtk.main()
