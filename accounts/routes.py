"""The URL table of people and organisations."""

from accounts.handlers import (
    account,
    certificates,
    deeds,
    employer,
    officer,
    preferences,
    saved_places,
    sign_in,
)
from accounts.rules import employer as employer_member
from accounts.rules import officer as officer_only
from core.routing import anyone, get, post, signed_in

routes = [
    get("/sign-in", sign_in.ask_phone, who=anyone),
    post("/sign-in", sign_in.send_code, who=anyone),
    post("/sign-in/code", sign_in.enter_code, who=anyone),
    post("/sign-out", sign_in.sign_out, who=signed_in),
    get("/second-factor", sign_in.ask_second_factor, who=signed_in),
    post("/second-factor", sign_in.enter_second_factor, who=signed_in),
    post("/preferences", preferences.change, who=anyone),
    get("/account", account.show, who=signed_in),
    post("/account/profile", account.save_profile, who=signed_in),
    post("/account/sessions/{id:int}/end", account.end_session, who=signed_in),
    get("/account/deeds", deeds.show, who=signed_in),
    post("/account/places", saved_places.save, who=signed_in),
    post("/account/places/{id:int}/forget", saved_places.forget, who=signed_in),
    get("/account/certificates", certificates.show, who=signed_in),
    post("/account/certificates", certificates.add, who=signed_in),
    post("/account/certificates/{id:int}/remove", certificates.remove, who=signed_in),
    get("/notices", account.notices, who=signed_in),
    post("/notices/read", account.read_notices, who=signed_in),
    get("/employer/new", employer.ask, who=signed_in),
    post("/employer/new", employer.register, who=signed_in),
    get("/employer/profile", employer.show, who=employer_member),
    post("/employer/licence", employer.submit_licence, who=employer_member),
    post("/employer/sites", employer.add_site, who=employer_member),
    post("/employer/members", employer.add_member, who=employer_member),
    get("/officer/employers/{id:int}", officer.employer, who=officer_only),
    get("/officer/employers/{id:int}/licence", officer.licence, who=officer_only),
    post("/officer/employers/{id:int}/decide", officer.decide_employer, who=officer_only),
    get("/officer/certificates/{id:int}", certificates.look, who=officer_only),
    post("/officer/certificates/{id:int}/number", certificates.number, who=officer_only),
    get("/officer/certificates/{id:int}/photo", certificates.photo, who=officer_only),
    post("/officer/certificates/{id:int}/decide", certificates.decide, who=officer_only),
]
