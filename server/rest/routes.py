"""Every URL of the service on one page: method, path, handler, permission, cost, body, reply."""

from aiohttp import web

from server.rest import (
    classes,
    courses,
    edge,
    lessons,
    media,
    openapi,
    session,
    shapes,
    users,
)
from server.rest.call import PREFIX, Route
from server.rest.deps import Deps

PAGE = ("cursor", "limit")
LESSON_BYTES = 1_500_000
CSV_BYTES = 1_000_000
SDP_BYTES = 60_000

# One line a route, whatever its length.
# fmt: off
ROUTES: tuple[Route, ...] = (
    # Sign-in
    Route(method="POST", path="/sessions", handler=session.sign_in, summary="Sign in", auth="none", body=shapes.SignIn, reply=shapes.Session),
    Route(method="POST", path="/sessions/refresh", handler=session.refresh, summary="The next pair of tokens", auth="none", body=shapes.Refresh, reply=shapes.Session),
    Route(method="DELETE", path="/sessions/current", handler=session.sign_out, summary="Sign out", permission="self", status=204),
    Route(method="GET", path="/me", handler=session.me, summary="Who is calling", permission="self", reply=shapes.Me),
    # People
    Route(method="GET", path="/users", handler=users.list_users, summary="People of the school", permission="people.see", reply=shapes.Page[shapes.User], query=(*PAGE, "q", "role")),
    Route(method="POST", path="/users", handler=users.create_user, summary="Add a person", permission="people.manage", body=shapes.NewUser, reply=shapes.CreatedUser, status=201, keyed="must", cost=5),
    Route(method="POST", path="/users/import", handler=users.import_users, summary="Add people from a CSV", permission="people.manage", body=bytes, content_type="text/csv", max_bytes=CSV_BYTES, reply=shapes.ImportReport, keyed="must", cost=50),
    Route(method="GET", path="/users/{user_id}", handler=users.get_user, summary="One person", permission="people.see", reply=shapes.User),
    Route(method="PATCH", path="/users/{user_id}", handler=users.change_user, summary="Change a person", permission="people.manage", body=shapes.UserChange, reply=shapes.User, keyed="may"),
    Route(method="POST", path="/users/{user_id}/reset-password", handler=users.reset_password, summary="Give a new password", permission="people.manage", reply=shapes.PasswordReset, keyed="may", cost=5),
    # Courses
    Route(method="GET", path="/courses", handler=courses.list_courses, summary="My courses", permission="self", reply=shapes.Page[shapes.Course], query=PAGE),
    Route(method="POST", path="/courses", handler=courses.create_course, summary="Create a course", permission="course.create", body=shapes.NewCourse, reply=shapes.Course, status=201, keyed="must"),
    Route(method="GET", path="/courses/{course_id}", handler=courses.get_course, summary="One course", permission="course.see", reply=shapes.Course),
    Route(method="PATCH", path="/courses/{course_id}", handler=courses.change_course, summary="Change a course", permission="course.edit", body=shapes.CourseChange, reply=shapes.Course, keyed="may", matched=True),
    Route(method="GET", path="/courses/{course_id}/enrolments", handler=courses.list_enrolments, summary="People of a course", permission="enrolment.see", reply=shapes.Page[shapes.Enrolment], query=PAGE),
    Route(method="POST", path="/courses/{course_id}/enrolments", handler=courses.create_enrolment, summary="Enrol a person", permission="enrolment.manage", body=shapes.NewEnrolment, reply=shapes.Enrolment, status=201, keyed="must"),
    Route(method="DELETE", path="/courses/{course_id}/enrolments/{enrolment_id}", handler=courses.delete_enrolment, summary="Take a person out of a course", permission="enrolment.manage", status=204, keyed="may"),
    # Lessons
    Route(method="GET", path="/courses/{course_id}/lessons", handler=lessons.list_lessons, summary="Lessons of a course", permission="lesson.see", reply=shapes.Page[shapes.Lesson], query=PAGE),
    Route(method="POST", path="/courses/{course_id}/lessons", handler=lessons.create_lesson, summary="Add a lesson", permission="lesson.edit", body=shapes.NewLesson, max_bytes=LESSON_BYTES, reply=shapes.Lesson, status=201, keyed="must"),
    Route(method="GET", path="/lessons/{lesson_id}", handler=lessons.get_lesson, summary="One lesson", permission="lesson.see", reply=shapes.Lesson),
    Route(method="PATCH", path="/lessons/{lesson_id}", handler=lessons.change_lesson, summary="Change a lesson", permission="lesson.edit", body=shapes.LessonChange, max_bytes=LESSON_BYTES, reply=shapes.Lesson, keyed="may", matched=True),
    Route(method="DELETE", path="/lessons/{lesson_id}", handler=lessons.delete_lesson, summary="Delete a lesson", permission="lesson.edit", status=204, keyed="may"),
    # Classes
    Route(method="GET", path="/classes", handler=classes.my_classes, summary="My timetable, soonest first", permission="self", reply=shapes.Page[shapes.LiveClass], query=(*PAGE, "from")),
    Route(method="GET", path="/courses/{course_id}/classes", handler=classes.course_classes, summary="Timetable of a course", permission="class.see", reply=shapes.Page[shapes.LiveClass], query=PAGE),
    Route(method="POST", path="/courses/{course_id}/classes", handler=classes.create_class, summary="Schedule a class", permission="class.schedule", body=shapes.NewClass, reply=shapes.LiveClass, status=201, keyed="must"),
    Route(method="GET", path="/classes/{class_id}", handler=classes.get_class, summary="One class", permission="class.see", reply=shapes.LiveClass),
    Route(method="PATCH", path="/classes/{class_id}", handler=classes.change_class, summary="Change a class", permission="class.schedule", body=shapes.ClassChange, reply=shapes.LiveClass, keyed="may", matched=True),
    Route(method="POST", path="/classes/{class_id}/open", handler=classes.open_class, summary="Let the students in", permission="class.run", reply=shapes.LiveClass, keyed="may"),
    Route(method="POST", path="/classes/{class_id}/close", handler=classes.close_class, summary="End the class", permission="class.run", reply=shapes.LiveClass, keyed="may"),
    Route(method="POST", path="/classes/{class_id}/join", handler=classes.join_class, summary="The way into a class", permission="class.join", reply=shapes.Join, cost=2),
    # Media without a page
    Route(method="POST", path="/classes/{class_id}/whip", handler=media.whip, summary="Send by WHIP", auth="join", body=bytes, content_type=media.SDP_TYPE, max_bytes=SDP_BYTES, reply=bytes, status=201, cost=10),
    Route(method="DELETE", path="/classes/{class_id}/whip/{user_id}", handler=media.whip_end, summary="Stop sending by WHIP", auth="join"),
    Route(method="POST", path="/classes/{class_id}/whep", handler=media.whep, summary="Play by WHEP", auth="join", body=bytes, content_type=media.SDP_TYPE, max_bytes=SDP_BYTES, reply=bytes, status=201, cost=10, query=("publisher",)),
    Route(method="DELETE", path="/classes/{class_id}/whep/{player_id}", handler=media.whep_end, summary="Stop playing by WHEP", auth="join"),
)
# fmt: on


def mount(app: web.Application, deps: Deps) -> None:
    """Put the API under /api/v1, and its description at /openapi.json."""
    api = web.Application(middlewares=[edge.problems_of_paths(deps)])
    for route in ROUTES:
        api.router.add_route(route.method, route.path, edge.Endpoint(route, deps).handle)
    app.add_subapp(PREFIX, api)
    description = openapi.encoded(ROUTES, PREFIX)

    async def describe(_: web.Request) -> web.Response:
        return web.Response(body=description, content_type="application/json")

    app.router.add_get("/openapi.json", describe)
