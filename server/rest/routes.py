"""Every URL of the service on one page: method, path, handler, permission, cost, body, reply."""

from collections.abc import Mapping

from aiohttp import web

from server.rest import (
    assessments,
    attempts,
    classes,
    courses,
    edge,
    generation,
    gradebook,
    grades,
    lessons,
    media,
    objects,
    openapi,
    placement,
    practice,
    quality,
    questions,
    quizzes,
    reviews,
    schools,
    session,
    shapes,
    skills,
    uploads,
    users,
)
from server.rest import exam_shapes as exams
from server.rest import factory_shapes as factory
from server.rest import grade_shapes as grading
from server.rest import practice_shapes as tutor
from server.rest.call import PREFIX, Route
from server.rest.deps import Deps
from server.rest.lane import FastLane, lean_route
from server.rest.lean import LeanEndpoint

PAGE = ("cursor", "limit")
LESSON_BYTES = 1_500_000
CSV_BYTES = 1_000_000
SDP_BYTES = 60_000
QUESTION_BYTES = 600_000
BANK_BYTES = 5_000_000
SETTINGS_BYTES = 600_000
ANSWER_BYTES = 600_000
BRIEF_BYTES = 500_000

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
    # Uploads
    Route(method="POST", path="/uploads", handler=uploads.create_upload, summary="Begin to send a file", permission="upload.send", body=exams.NewUpload, reply=exams.UploadTicket, status=201, keyed="must"),
    Route(method="GET", path="/uploads/{upload_id}/parts", handler=uploads.list_upload_parts, summary="What of a file is still to be sent, to fresh addresses", permission="upload.send", reply=exams.UploadTicket),
    Route(method="POST", path="/uploads/{upload_id}/complete", handler=uploads.complete_upload, summary="The bytes are all there", permission="upload.send", reply=exams.Upload, keyed="may"),
    Route(method="GET", path="/uploads/{upload_id}", handler=uploads.get_upload, summary="A file and where to fetch it", permission="self", reply=exams.Upload),
    # Question bank
    Route(method="GET", path="/courses/{course_id}/questions", handler=questions.list_questions, summary="The question bank", permission="question.see", reply=shapes.Page[exams.QuestionLine], query=(*PAGE, "q", "kind", "skill", "tag", "level", "language", "state")),
    Route(method="POST", path="/courses/{course_id}/questions", handler=questions.create_question, summary="Add a question", permission="question.edit", body=exams.NewQuestion, max_bytes=QUESTION_BYTES, reply=exams.Question, status=201, keyed="must"),
    Route(method="POST", path="/courses/{course_id}/questions/import", handler=questions.import_questions, summary="Add questions from a CSV", permission="question.edit", body=bytes, content_type="text/csv", max_bytes=BANK_BYTES, reply=exams.QuestionImport, keyed="must", cost=20),
    Route(method="GET", path="/courses/{course_id}/questions/export", handler=questions.export_questions, summary="The bank as a CSV", permission="question.see", reply=bytes, content_type="text/csv", cost=10),
    Route(method="GET", path="/courses/{course_id}/questions/words", handler=questions.bank_words, summary="Skills, tags, levels and languages of the bank", permission="question.see", reply=exams.BankWords),
    Route(method="GET", path="/questions/{question_id}", handler=questions.get_question, summary="One question with its key", permission="question.see", reply=exams.Question, query=("version",)),
    Route(method="PATCH", path="/questions/{question_id}", handler=questions.change_question, summary="Change a question", permission="question.edit", body=exams.QuestionChange, max_bytes=QUESTION_BYTES, reply=exams.Question, keyed="may", matched=True),
    Route(method="DELETE", path="/questions/{question_id}", handler=questions.retire_question, summary="Retire a question", permission="question.edit", status=204, keyed="may"),
    # Assessments
    Route(method="GET", path="/courses/{course_id}/assessments", handler=assessments.list_assessments, summary="Assessments of a course", permission="assessment.see", reply=shapes.Page[exams.AssessmentLine], query=PAGE),
    Route(method="POST", path="/courses/{course_id}/assessments", handler=assessments.create_assessment, summary="Write an assessment", permission="assessment.edit", body=exams.NewAssessment, max_bytes=SETTINGS_BYTES, reply=exams.Assessment, status=201, keyed="must"),
    Route(method="GET", path="/assessments/{assessment_id}", handler=assessments.get_assessment, summary="One assessment, for those who run it", permission="assessment.edit", reply=exams.Assessment),
    Route(method="GET", path="/assessments/{assessment_id}/mine", handler=assessments.my_assessment, summary="One assessment, for a learner", permission="assessment.see", reply=exams.AssessmentForMe, query=("seen",)),
    Route(method="PATCH", path="/assessments/{assessment_id}", handler=assessments.change_assessment, summary="Change an assessment", permission="assessment.edit", body=exams.AssessmentChange, max_bytes=SETTINGS_BYTES, reply=exams.Assessment, keyed="may", matched=True),
    Route(method="POST", path="/assessments/{assessment_id}/publish", handler=assessments.publish_assessment, summary="Let it be taken", permission="assessment.edit", reply=exams.Assessment, keyed="may"),
    Route(method="POST", path="/assessments/{assessment_id}/archive", handler=assessments.archive_assessment, summary="Let it be taken no more", permission="assessment.edit", reply=exams.Assessment, keyed="may"),
    Route(method="GET", path="/assessments/{assessment_id}/accommodations", handler=assessments.list_accommodations, summary="What single learners are given", permission="assessment.edit", reply=shapes.Page[exams.Accommodation], query=PAGE),
    Route(method="PUT", path="/assessments/{assessment_id}/accommodations/{user_id}", handler=assessments.set_accommodation, summary="Give a learner more", permission="assessment.edit", body=exams.AccommodationChange, reply=exams.Accommodation, keyed="may"),
    Route(method="POST", path="/assessments/{assessment_id}/extend", handler=attempts.extend_all, summary="More time for every open attempt", permission="assessment.run", body=exams.Extension, reply=exams.Extended, keyed="must", audited=True),
    Route(method="GET", path="/assessments/{assessment_id}/board", handler=attempts.show_board, summary="Who is where, now", permission="attempt.see", reply=exams.Board),
    # Attempts
    Route(method="POST", path="/assessments/{assessment_id}/attempts", handler=attempts.start_attempt, summary="Start an attempt, or open it on this device", permission="attempt.make", body=exams.StartAttempt, reply=exams.OpenAttempt, status=201, audited=True),
    Route(method="GET", path="/attempts/{attempt_id}", handler=attempts.get_attempt, summary="How an attempt stands", permission="assessment.see", reply=exams.AttemptView, query=("seen",), audited=True),
    Route(method="PUT", path="/attempts/{attempt_id}/answers/{item_id}", handler=attempts.save_answer, summary="Save an answer", permission="attempt.make", body=exams.AnswerBody, max_bytes=ANSWER_BYTES, reply=exams.AnswerAck, audited=True, lean=True),
    Route(method="POST", path="/attempts/{attempt_id}/submit", handler=attempts.submit_attempt, summary="Hand the attempt in", permission="attempt.make", body=exams.Submit, reply=exams.Receipt, audited=True),
    Route(method="POST", path="/attempts/{attempt_id}/beat", handler=attempts.beat, summary="The page is still there", permission="attempt.make", body=exams.Beat, reply=exams.BeatAnswer, audited=True),
    Route(method="GET", path="/attempts/{attempt_id}/result", handler=grades.get_result, summary="The result, once it is released", permission="self", reply=grading.Result),
    # Marking, release, regrade
    Route(method="GET", path="/assessments/{assessment_id}/attempts", handler=grades.list_attempts, summary="Attempts of an assessment", permission="mark.give", reply=shapes.Page[grading.AttemptLine], query=(*PAGE, "state")),
    Route(method="GET", path="/attempts/{attempt_id}/script", handler=grades.get_script, summary="An attempt to be marked", permission="mark.give", reply=grading.Script),
    Route(method="PUT", path="/attempts/{attempt_id}/marks/{item_id}", handler=grades.give_mark, summary="Mark an item by hand", permission="mark.give", body=grading.MarkBody, reply=grading.Mark, keyed="may"),
    Route(method="POST", path="/attempts/{attempt_id}/late", handler=grades.decide_late, summary="Count late answers, or do not", permission="mark.give", body=grading.LateDecision, reply=grading.AttemptLine, keyed="may"),
    Route(method="POST", path="/assessments/{assessment_id}/release", handler=grades.release_scores, summary="Let learners see their scores", permission="grade.edit", reply=grading.Released, keyed="may"),
    Route(method="POST", path="/assessments/{assessment_id}/regrades/preview", handler=grades.preview_regrade, summary="Whom a regrade would change", permission="grade.edit", body=grading.RegradeBody, reply=grading.RegradePreview, cost=10),
    Route(method="POST", path="/assessments/{assessment_id}/regrades", handler=grades.create_regrade, summary="Regrade an item", permission="grade.edit", body=grading.RegradeBody, reply=grading.Regrade, status=202, keyed="must", cost=10),
    Route(method="GET", path="/regrades/{regrade_id}", handler=grades.get_regrade, summary="How far a regrade is", permission="grade.see", reply=grading.Regrade),
    Route(method="GET", path="/assessments/{assessment_id}/items", handler=grades.item_statistics, summary="How each item went", permission="grade.see", reply=shapes.Page[exams.ItemStatistics], query=PAGE),
    # Gradebook
    Route(method="GET", path="/courses/{course_id}/gradebook", handler=gradebook.get_gradebook, summary="The gradebook; a student's own row", permission="assessment.see", reply=grading.Gradebook),
    Route(method="GET", path="/courses/{course_id}/gradebook/export", handler=gradebook.export_gradebook, summary="The gradebook as a CSV", permission="grade.see", reply=bytes, content_type="text/csv", cost=10),
    Route(method="PUT", path="/courses/{course_id}/gradebook/settings", handler=gradebook.change_gradebook, summary="Categories, weights, letters", permission="grade.edit", body=grading.GradebookSettings, reply=grading.Gradebook, keyed="may", matched=True),
    # Practice
    Route(method="POST", path="/courses/{course_id}/next", handler=practice.next_lesson, summary="The next lesson of the tutor", permission="practice.do", reply=tutor.NextLesson, keyed="may", lean=True, quick=practice.NEXT),
    Route(method="GET", path="/practice/{practice_id}", handler=practice.get_practice, summary="A lesson of the tutor as it stands", permission="practice.do", reply=tutor.Practice),
    Route(method="PUT", path="/practice/{practice_id}/answers/{item_id}", handler=practice.answer_practice, summary="Check an answer", permission="practice.do", body=tutor.PracticeAnswer, max_bytes=ANSWER_BYTES, reply=tutor.Verdict),
    Route(method="POST", path="/practice/{practice_id}/finish", handler=practice.finish_practice, summary="End a lesson of the tutor", permission="practice.do", reply=tutor.PracticeSummary, keyed="may"),
    Route(method="POST", path="/practice/{practice_id}/items/{item_id}/reports", handler=practice.report_item, summary="Say that an item is wrong", permission="practice.do", body=tutor.NewReport, reply=tutor.Report, status=201, keyed="must"),
    Route(method="POST", path="/courses/{course_id}/placement", handler=placement.start_placement, summary="Find where I stand", permission="practice.do", reply=tutor.PlacementStep, keyed="may"),
    Route(method="PUT", path="/placements/{placement_id}/answers/{item_id}", handler=placement.answer_placement, summary="Answer an item of the placement", permission="practice.do", body=tutor.PlacementAnswer, reply=tutor.PlacementStep),
    # Skills
    Route(method="GET", path="/courses/{course_id}/skills/mine", handler=skills.my_skills, summary="My skills", permission="practice.do", reply=tutor.MySkills),
    Route(method="GET", path="/courses/{course_id}/skills", handler=skills.skill_map, summary="The skills of a class", permission="skill.see", reply=tutor.SkillMap, query=("skill",)),
    Route(method="GET", path="/courses/{course_id}/assignments", handler=skills.list_assignments, summary="Practice that was assigned", permission="skill.see", reply=shapes.Page[tutor.AssignmentLine], query=PAGE),
    Route(method="POST", path="/courses/{course_id}/assignments", handler=skills.assign_practice, summary="Assign practice", permission="practice.assign", body=tutor.NewAssignment, max_bytes=LESSON_BYTES, reply=tutor.Assigned, status=201, keyed="must"),
    Route(method="DELETE", path="/courses/{course_id}/assignments/{assignment_id}", handler=skills.take_back_assignment, summary="Take assigned practice back", permission="practice.assign", status=204, keyed="may"),
    # Quick quizzes
    Route(method="GET", path="/classes/{class_id}/quizzes", handler=quizzes.list_quizzes, summary="Quizzes of a class", permission="class.see", reply=shapes.Page[tutor.Quiz], query=PAGE),
    Route(method="POST", path="/classes/{class_id}/quizzes", handler=quizzes.pose_quiz, summary="Pose an item to the room", permission="class.run", body=tutor.NewQuiz, reply=tutor.Quiz, status=201, keyed="must"),
    Route(method="GET", path="/quizzes/{quiz_id}", handler=quizzes.get_quiz, summary="One quiz", permission="class.see", reply=tutor.Quiz),
    Route(method="PUT", path="/quizzes/{quiz_id}/answers", handler=quizzes.answer_quiz, summary="Answer a quiz", permission="practice.do", body=tutor.QuizAnswerBody, max_bytes=ANSWER_BYTES, reply=tutor.QuizAck),
    Route(method="POST", path="/quizzes/{quiz_id}/reveal", handler=quizzes.reveal_quiz, summary="Show the key and the counts", permission="class.run", reply=tutor.Quiz, keyed="may"),
    # The content factory
    Route(method="GET", path="/generation-jobs", handler=generation.list_generations, summary="Jobs of the content factory", permission="generation.ask", reply=shapes.Page[factory.Generation], query=(*PAGE, "course_id")),
    Route(method="POST", path="/generation-jobs", handler=generation.ask_generation, summary="Ask for items", permission="generation.ask", body=factory.NewGeneration, max_bytes=BRIEF_BYTES, reply=factory.Generation, status=202, keyed="must", cost=5),
    Route(method="GET", path="/generation-jobs/{job_id}", handler=generation.get_generation, summary="How far a job is", permission="generation.ask", reply=factory.Generation),
    Route(method="POST", path="/generation-jobs/{job_id}/cancel", handler=generation.cancel_generation, summary="Let it make no more", permission="generation.ask", reply=factory.Generation, keyed="may"),
    Route(method="POST", path="/generation-jobs/{job_id}/recall", handler=generation.recall_generation, summary="Take a batch out of use", permission="item.recall", body=factory.RecallBody, reply=factory.Generation, status=202, keyed="must", audited=True),
    Route(method="GET", path="/generation-jobs/{job_id}/recall", handler=generation.get_recall, summary="What a recall touched", permission="item.recall", reply=factory.Recalled),
    Route(method="GET", path="/generation-jobs/{job_id}/recall/uses", handler=generation.list_recall_uses, summary="Attempts and lessons that a recall touched", permission="item.recall", reply=shapes.Page[factory.RecalledUse], query=PAGE),
    Route(method="GET", path="/generation-budget", handler=generation.get_budget, summary="What the models may cost", permission="factory.see", reply=factory.Budget),
    Route(method="PUT", path="/generation-budget", handler=generation.change_budget, summary="Set what the models may cost", permission="factory.manage", body=factory.BudgetChange, reply=factory.Budget, keyed="may"),
    Route(method="GET", path="/school-settings", handler=schools.get_settings, summary="What the school has set", permission="school.manage", reply=shapes.SchoolSettings),
    Route(method="PUT", path="/school-settings", handler=schools.change_settings, summary="Set it", permission="school.manage", body=shapes.SchoolSettingsChange, reply=shapes.SchoolSettings, keyed="may", audited=True),
    Route(method="GET", path="/review-standing", handler=reviews.get_standing, summary="Whether reviewers are enough", permission="review.do", reply=factory.ReviewStanding),
    Route(method="GET", path="/reviews", handler=reviews.list_reviews, summary="What waits for a reviewer", permission="review.do", reply=shapes.Page[factory.ReviewLine], query=(*PAGE, "course_id", "origin")),
    Route(method="GET", path="/reviews/{candidate_id}", handler=reviews.get_review, summary="One staged item", permission="review.do", reply=factory.Review),
    Route(method="POST", path="/reviews/{candidate_id}", handler=reviews.decide_review, summary="Accept, edit or reject", permission="review.do", body=factory.ReviewBody, max_bytes=QUESTION_BYTES, reply=factory.Reviewed, keyed="may", audited=True),
    Route(method="GET", path="/questions/{question_id}/card", handler=quality.get_card, summary="Where an item comes from", permission="question.see", reply=factory.ProvenanceCard),
    Route(method="GET", path="/questions/{question_id}/similar", handler=quality.list_similar, summary="Items that are like this one", permission="question.see", reply=factory.Similar, query=("level", "language"), cost=2),
    Route(method="POST", path="/questions/{question_id}/release", handler=quality.release_item, summary="Put a held item back to use", permission="question.edit", status=204, keyed="may"),
    Route(method="GET", path="/courses/{course_id}/stock", handler=quality.list_stock, summary="How many items there are of each skill", permission="question.see", reply=shapes.Page[factory.StockLine], query=PAGE),
    Route(method="PUT", path="/courses/{course_id}/stock", handler=quality.set_stock, summary="Say how many there should be", permission="generation.ask", body=factory.StockMark, max_bytes=BRIEF_BYTES, reply=factory.StockLine, keyed="may"),
    Route(method="GET", path="/courses/{course_id}/quality", handler=quality.list_quality, summary="How the items did in use", permission="question.see", reply=shapes.Page[factory.QualityLine], query=(*PAGE, "faults")),
    Route(method="GET", path="/factory", handler=quality.get_dashboard, summary="How the factory does", permission="factory.see", reply=factory.FactoryDashboard, query=("days",)),
    # Media without a page
    Route(method="POST", path="/classes/{class_id}/whip", handler=media.whip, summary="Send by WHIP", auth="join", body=bytes, content_type=media.SDP_TYPE, max_bytes=SDP_BYTES, reply=bytes, status=201, cost=10),
    Route(method="DELETE", path="/classes/{class_id}/whip/{user_id}", handler=media.whip_end, summary="Stop sending by WHIP", auth="join"),
    Route(method="POST", path="/classes/{class_id}/whep", handler=media.whep, summary="Play by WHEP", auth="join", body=bytes, content_type=media.SDP_TYPE, max_bytes=SDP_BYTES, reply=bytes, status=201, cost=10, query=("publisher",)),
    Route(method="DELETE", path="/classes/{class_id}/whep/{player_id}", handler=media.whep_end, summary="Stop playing by WHEP", auth="join"),
)
# fmt: on


def fast_lane(deps: Deps, fixed: Mapping[str, str]) -> FastLane:
    """The lean routes for who takes the connections; `fixed` are headers of every answer."""
    lean = [LeanEndpoint(route, deps) for route in ROUTES if route.lean]
    return FastLane([lean_route(one, PREFIX) for one in lean], deps, fixed)


def mount(app: web.Application, deps: Deps) -> None:
    """Put the API under /api/v1, and its description at /openapi.json."""
    api = web.Application(middlewares=[edge.problems_of_paths(deps)])
    # What is asked most is looked for first: aiohttp tries the patterns of a beginning one after the other.
    for route in sorted(ROUTES, key=lambda route: not route.lean):
        endpoint = LeanEndpoint if route.lean else edge.Endpoint
        api.router.add_route(route.method, route.path, endpoint(route, deps).handle)
    app.add_subapp(PREFIX, api)
    objects.ObjectDoor(deps).mount(app)
    description = openapi.encoded(ROUTES, PREFIX)

    async def describe(_: web.Request) -> web.Response:
        return web.Response(body=description, content_type="application/json")

    app.router.add_get("/openapi.json", describe)
