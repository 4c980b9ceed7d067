"""The URL table of the gig market."""

from accounts.rules import employer, officer, worker
from core.routing import anyone, get, post, signed_in
from marketplace.handlers import claims, console, find, gigs, inbox, my, places, settlement

routes = [
    get("/", find.home, who=anyone),
    get("/shifts", find.shifts, who=anyone),
    get("/shifts/{id:int}", find.shift, who=anyone),
    get("/places", places.choose, who=anyone),
    post("/shifts/{id:int}/claim", claims.claim, who=worker),
    get("/my", my.show, who=worker),
    get("/claims/{id:int}", claims.show, who=signed_in),
    get("/claims/{id:int}/terms", claims.terms, who=signed_in),
    post("/claims/{id:int}/cancel", claims.cancel, who=worker),
    get("/check-in/{shift:int}/{token:str}", claims.scanned, who=worker),
    post("/claims/{id:int}/check-in", claims.check_in, who=worker),
    post("/claims/{id:int}/check-out", claims.check_out, who=worker),
    post("/pay-lines/{id:int}/dispute", claims.dispute, who=worker),
    get("/employer", console.today, who=employer),
    get("/employer/gigs", gigs.listing, who=employer),
    get("/employer/gigs/new", gigs.ask, who=employer),
    post("/employer/gigs/new", gigs.post_gig, who=employer),
    post("/employer/gigs/coach", gigs.coach, who=employer),
    get("/employer/gigs/{id:int}", gigs.show, who=employer),
    get("/employer/gigs/{id:int}/edit", gigs.ask_again, who=employer),
    post("/employer/gigs/{id:int}/edit", gigs.repost, who=employer),
    post("/employer/gigs/{id:int}/shifts", gigs.add_shifts, who=employer),
    get("/employer/shifts/{id:int}", console.shift, who=employer),
    get("/employer/shifts/{id:int}/screen", console.screen, who=employer),
    post("/employer/shifts/{id:int}/places", console.change_places, who=employer),
    post("/employer/shifts/{id:int}/call-off", console.call_off, who=employer),
    post("/employer/claims/{id:int}/check-in", console.check_in, who=employer),
    post("/employer/claims/{id:int}/check-out", console.check_out, who=employer),
    post("/employer/claims/{id:int}/phone", console.show_phone, who=employer),
    get("/employer/settlement", settlement.show, who=employer),
    post("/employer/settlement/confirm-all", settlement.confirm_all, who=employer),
    post("/employer/pay-lines/{id:int}/confirm", settlement.confirm, who=employer),
    post("/employer/pay-lines/{id:int}/pay", settlement.pay, who=employer),
    get("/officer", inbox.show, who=officer),
    get("/officer/gigs/{id:int}", inbox.gig, who=officer),
    post("/officer/gigs/{id:int}/decide", inbox.decide, who=officer),
]
