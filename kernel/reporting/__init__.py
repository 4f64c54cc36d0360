"""Reports: tables made of loans and deposits as they stood on a day. Pure."""
