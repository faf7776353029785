# A cache between people and the gateway, for Varnish 7.1 and later: the rules of cloudfront.json for your own
# machines. What to change: the gateway's address.
#
# Only files under /assets/ are kept; their names are made from their contents. Documents, the API and pages
# never are: nobody is ever shown an old document.
vcl 4.1;

backend gateway {
    .host = "10.0.0.10";
    .port = "8080";
    .connect_timeout = 2s;
    .first_byte_timeout = 60s;
}

sub vcl_recv {
    # A WebSocket is handed through as it is.
    if (req.http.Upgrade ~ "(?i)websocket") {
        return (pipe);
    }
    if (req.url ~ "^/assets/" && (req.method == "GET" || req.method == "HEAD")) {
        unset req.http.Cookie;
        return (hash);
    }
    return (pass);
}

sub vcl_pipe {
    if (req.http.Upgrade) {
        set bereq.http.Upgrade = req.http.Upgrade;
        set bereq.http.Connection = req.http.Connection;
    }
}

sub vcl_backend_response {
    # During an upgrade a file may be missing for a moment: that is not kept, either.
    if (beresp.status != 200 || beresp.http.Cache-Control !~ "immutable") {
        set beresp.uncacheable = true;
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        return (deliver);
    }
    return (deliver);
}
